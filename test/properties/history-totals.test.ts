import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchOf, dimensionNames, type FlowRecord, measureNames, noCondition } from '../../src/flow/index.ts';
import { readTotals, type TotalsWanted } from '../../src/store/index.ts';
import { anyTree } from '../support/any-condition.ts';
import { expectExact, passing } from '../support/expected-totals.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { HistoryPlace } from '../support/kept-history.ts';
import { nameableRecord } from '../support/nameable-record.ts';

const START_MS = Date.UTC(2026, 0, 31, 12);

/** Some records that are stored at once, and the time after it. */
const storing = fc.record({
  records: fc.array(nameableRecord, { minLength: 1, maxLength: 12 }),
  afterMs: fc.constantFrom(0, 0.4, 999, 1_000, 59_999.5, 60_000),
  becomesFile: fc.boolean(),
});

const wantedTotals = fc
  .record({
    fromMs: fc.constantFrom(-60_000, 0, 1_000, 60_000),
    lengthMs: fc.constantFrom(1, 1_000, 60_000, 300_000),
    by: fc.uniqueArray(fc.constantFrom(...dimensionNames), { maxLength: 4 }),
    measures: fc.uniqueArray(fc.constantFrom(...measureNames), { minLength: 1, maxLength: 4 }),
    top: fc.integer({ min: 1, max: 6 }),
    stepMs: fc.constantFrom(undefined, undefined, 700, 60_000),
    compareMs: fc.constantFrom(undefined, undefined, 1_000, 60_000),
    condition: fc.oneof(
      fc.constant(noCondition),
      anyTree({
        proto: ['tcp', 'udp'],
        namespace: ['Other', '__proto__'],
        port: ['80', '443'],
        type: ['from-external'],
        sourceWorkload: ['/web', 'Other/db'],
        verdict: ['', 'Drop'],
      }),
    ),
  })
  .map(({ fromMs, lengthMs, ...rest }): TotalsWanted => {
    const from = START_MS + fromMs;
    return { ...rest, fromMs: from, toMs: from + lengthMs };
  });

describe('totals of a history', () => {
  it('are those of its records, wherever they are, for any question', async () => {
    let [inFiles, inLog] = [0, 0];
    await fc.assert(
      fc.asyncProperty(
        fc.array(storing, { maxLength: 5 }),
        fc.array(wantedTotals, { minLength: 1, maxLength: 4 }),
        async (storings, questions) => {
          using place = new HistoryPlace();
          const clock = new FakeClock(START_MS);
          await using history = await place.open({}, clock);
          const stored: { records: FlowRecord[]; timeMs: number }[] = [];
          for (const { records, afterMs, becomesFile } of storings) {
            stored.push({ records, timeMs: clock.now() });
            await history.append(batchOf(records));
            if (becomesFile) await history.flush();
            clock.advance(afterMs);
          }
          for (const wanted of questions) {
            const kept = stored.flatMap(({ records, timeMs }) =>
              passing(records, wanted.condition).map((record) => ({ record, timeMs })),
            );
            const totals = await readTotals(place.directory, wanted, new AbortController().signal);
            expectExact(totals, kept, wanted);
            expect(totals.unreadable).toEqual([]);
          }
          if (storings.at(-1)?.becomesFile === false) inLog++;
          if (storings.some(({ becomesFile }) => becomesFile)) inFiles++;
        },
      ),
      { numRuns: 15 },
    );
    expect(Math.min(inFiles, inLog)).toBeGreaterThan(0);
  });
});
