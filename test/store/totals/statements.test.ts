import { readdirSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { batchOf, noCondition } from '../../../src/flow/index.ts';
import { Engine } from '../../../src/store/engine.ts';
import { readTotals, type TotalsWanted } from '../../../src/store/index.ts';
import { expectExact } from '../../support/expected-totals.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { HistoryPlace } from '../../support/kept-history.ts';
import type { KeptRecord } from '../../support/naive-totals.ts';
import { until } from '../../support/until.ts';

const START_MS = Date.UTC(2026, 0, 31);
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const FILES = 20;

/** All statements of engines that start from now on, until the test ends. */
function statementsFromNow(): string[] {
  const statements: string[] = [];
  const { start } = Engine;
  Engine.start = async (options) => {
    const engine = await start.call(Engine, options);
    const { connection } = engine;
    const run = connection.run.bind(connection);
    connection.run = (sql, ...more) => {
      statements.push(sql);
      return run(sql, ...more);
    };
    return engine;
  };
  onTestFinished(() => {
    Engine.start = start;
  });
  return statements;
}

describe('a question from any moment', () => {
  it('reads the files of all tiers by one statement, and by one more for its buckets', async () => {
    using place = new HistoryPlace();
    const clock = new FakeClock(START_MS);
    const kept: KeptRecord[] = [];
    const history = await place.open({}, clock);
    for (let file = 0; file < FILES; file++) {
      for (const name of ['one', 'other']) {
        const record = {
          sourcePodNamespace: `${name}-${file % 3}`,
          octetDeltaCount: file,
          octetTotalCount: file,
        };
        kept.push({ record, timeMs: clock.now() });
        await history.append(batchOf([record]));
        clock.advance(MINUTE_MS / 3);
      }
      await history.flush();
      clock.advance(2 * HOUR_MS - MINUTE_MS);
    }
    await until('days have sums', () =>
      readdirSync(place.directory).some((name) => name.endsWith('.days.parquet')),
    );
    await history.close();
    const wanted: TotalsWanted = {
      fromMs: START_MS + 10_000,
      toMs: START_MS + 38 * HOUR_MS + 10_000,
      condition: noCondition,
      by: ['sourceNamespace'],
      measures: ['octets', 'records'],
      top: 2,
    };
    for (const [more, readings] of [
      [{}, 1],
      [{ stepMs: 4 * HOUR_MS }, 2],
    ] as const) {
      const asked = { ...wanted, ...more };
      const statements = statementsFromNow();
      const totals = await readTotals(place.directory, asked, new AbortController().signal);
      expect(totals.tiers.length).toBeGreaterThan(1);
      expectExact(totals, kept, asked);
      expect(statements.filter((sql) => sql.includes('read_parquet'))).toHaveLength(readings);
    }
  });
});
