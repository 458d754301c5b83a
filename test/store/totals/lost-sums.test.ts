import { readdirSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { batchOf, type DimensionName, type FlowRecord, noCondition } from '../../../src/flow/index.ts';
import { readTotals } from '../../../src/store/index.ts';
import { editManifest } from '../../support/edited-manifest.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { HistoryPlace } from '../../support/kept-history.ts';
import { numberedFlow } from '../../support/sink-under-test.ts';
import { until } from '../../support/until.ts';

const DAY_MS = 86_400_000;
const START_MS = Date.UTC(2026, 0, 31);
/** The bit of a row that is the rest of others. */
const REST_OF_ROWS = 4;
const HOURS = '000000000001-000000000008.hours.parquet';

/** Eight files of ten records, and earlier ones. Only their hours, four hours and days are left. */
async function withoutRecords(place: HistoryPlace, more: FlowRecord = {}, earlier = 0): Promise<void> {
  const clock = new FakeClock(START_MS);
  const maxAgeMs = DAY_MS / 24;
  const sums = { minutes: { percent: 20, maxAgeMs }, hours: { percent: 20, maxAgeMs: 30 * DAY_MS } };
  await using history = await place.open({ maxAgeMs, sums }, clock);
  for (let file = 0; file < 8 + earlier; file++) {
    const records = Array.from({ length: 10 }, () => numberedFlow(0, { sourceNodeName: 'a', ...more }));
    await history.append(batchOf(records));
    await history.flush();
    clock.advance(file < earlier ? DAY_MS : 20_000);
  }
  await history.flush();
  clock.advance(3 * maxAgeMs);
  await until('the records are gone', () => place.departed.age === 10 * (8 + earlier));
  await history.flush();
}

const ask = ({ directory }: HistoryPlace, by: readonly DimensionName[]) =>
  readTotals(
    directory,
    {
      ...{ fromMs: START_MS, toMs: START_MS + 2 * DAY_MS, by, measures: ['octets', 'records'] },
      ...{ top: 5, condition: noCondition },
    },
    new AbortController().signal,
  );

describe('sums that cannot be read', () => {
  it('are named as missing, unless other sums have the fields that were asked for', async () => {
    using place = new HistoryPlace();
    await withoutRecords(place);
    truncateSync(join(place.directory, HOURS), 100);
    const lost = { name: HOURS, records: 80, fault: 'damaged' };
    expect(await ask(place, ['sourceNode'])).toMatchObject({ groups: [], unreadable: [lost] });
    expect(await ask(place, ['destinationPort'])).toMatchObject({ tiers: ['days'], unreadable: [] });
  });

  it('are named as damaged also after they were set aside', async () => {
    using place = new HistoryPlace();
    await withoutRecords(place, {}, 1);
    const names = readdirSync(place.directory).filter((name) => name.startsWith('000000000002-'));
    expect(names).toHaveLength(3);
    for (const name of names) truncateSync(join(place.directory, name), 100);
    for (let start = 0; start < 2; start++) await (await place.open({}, new FakeClock(START_MS))).close();
    const answer = await ask(place, []);
    expect(answer).toMatchObject({ groups: [{ now: [expect.anything(), 10n] }], unreadableRecords: 80 });
    expect(answer.unreadable).toMatchObject([{ fault: 'damaged', records: 80 }]);
  });

  it('are named as missing, also if sums with a rest have their records and are not read', async () => {
    using place = new HistoryPlace();
    await withoutRecords(place, {}, 1);
    withRest(place);
    for (const tier of ['fourHours', 'days'])
      rmSync(join(place.directory, `000000000002-000000000009.${tier}.parquet`));
    const lost = { name: '000000000002-000000000009.fourHours.parquet', records: 80, fault: 'missing' };
    expect(await ask(place, ['destinationPort'])).toMatchObject({ unreadable: [lost] });
  });
});

/** As if the hours had more rows than a file has. */
const withRest = ({ directory }: HistoryPlace) =>
  editManifest(directory, (line) => {
    const summed = line.summed as { readonly tier: string } | undefined;
    return summed?.tier === 'hours' ? { ...line, summed: { ...summed, restOf: REST_OF_ROWS } } : line;
  });

describe('sums of 2^64 and more', () => {
  it('are no damage, and are exact', async () => {
    using place = new HistoryPlace();
    await withoutRecords(place, { octetDeltaCount: 2 ** 63, reverseOctetDeltaCount: 0 });
    for (const by of [['sourceNode'], []] as const)
      expect(await ask(place, by)).toMatchObject({
        groups: [{ now: [80n * 2n ** 63n, 80n] }],
        unreadable: [],
      });
  });
});
