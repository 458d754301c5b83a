import { describe, expect, it } from 'vitest';
import { batchOf, noCondition } from '../../../src/flow/index.ts';
import { readTotals, type Totals, type TotalsWanted } from '../../../src/store/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { HistoryPlace } from '../../support/kept-history.ts';

const START_MS = Date.UTC(2026, 0, 31, 12);
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Sixteen files of three records, every ten minutes and a second. Hours have them, too. */
async function storeFiles(place: HistoryPlace): Promise<void> {
  const clock = new FakeClock(START_MS);
  await using history = await place.open({}, clock);
  for (let file = 0; file < 16; file++) {
    await history.append(batchOf(Array.from({ length: 3 }, () => ({ sourcePodNamespace: 'shop' }))));
    await history.flush();
    clock.advance(10 * MINUTE_MS + 1_000);
  }
}

function ask(place: HistoryPlace, from: number, to: number, more: Partial<TotalsWanted> = {}) {
  const wanted: TotalsWanted = {
    fromMs: START_MS + from * MINUTE_MS,
    toMs: START_MS + to * MINUTE_MS,
    condition: noCondition,
    by: ['sourceNamespace'],
    measures: ['records'],
    top: 5,
    ...more,
  };
  return readTotals(place.directory, wanted, new AbortController().signal);
}

const recordsOf = ({ groups }: Totals): number => Number(groups[0]!.now[0]);

describe('records at the edges of a question', () => {
  it('count once, in the tier that can divide them', async () => {
    using place = new HistoryPlace();
    await storeFiles(place);
    const cases: [from: number, to: number, files: number, tiers: string][] = [
      [0, 120, 12, 'hours'],
      [0, 75, 8, 'records,hours'],
      [0, 60.5, 7, 'records,hours'],
      [5, 75, 7, 'minutes'],
      [50.05, 130.1, 8, 'records,hours'],
      // The last file has records of one time. An edge after it divides nothing.
      [0, 150.25, 15, 'minutes,hours'],
      [0, 150.26, 16, 'fourHours'],
      [0, 175, 16, 'fourHours'],
    ];
    for (const [from, to, files, tiers] of cases) {
      const totals = await ask(place, from, to);
      expect([from, to, recordsOf(totals)]).toEqual([from, to, 3 * files]);
      expect(totals.tiers.join(), `${from} to ${to}`).toBe(tiers);
    }
  });

  it('count in fine sums for short buckets, after the groups were found in coarser ones', async () => {
    using place = new HistoryPlace();
    await storeFiles(place);
    const totals = await ask(place, 0, 120, { stepMs: 30 * MINUTE_MS });
    expect(totals.tiers).toEqual(['minutes', 'hours']);
    expect(totals.groups[0]!.series[0]!.map(Number)).toEqual([9, 9, 9, 9]);
    // Every third minute has an edge, so there are many with other ones between them.
    const short = await ask(place, 0, 120, { stepMs: 1.5 * MINUTE_MS });
    const series = short.groups[0]!.series[0]!.map(Number);
    const filled = [...series.keys()].filter((bucket) => series[bucket] !== 0);
    const times = Array.from({ length: 12 }, (_, file) => file * (10 * MINUTE_MS + 1_000));
    expect(filled).toEqual(times.map((ms) => Math.floor(ms / (1.5 * MINUTE_MS))));
    expect(series.reduce((sum, records) => sum + records, 0)).toBe(36);
  });

  it('are in one bucket each, also where buckets begin within an hour or a minute', async () => {
    using place = new HistoryPlace();
    await storeFiles(place);
    const times = Array.from({ length: 16 }, (_, file) => START_MS + file * (10 * MINUTE_MS + 1_000));
    for (const stepMs of [HOUR_MS, 30 * MINUTE_MS, 40 * MINUTE_MS + 5_500]) {
      const totals = await ask(place, 0, 240, { stepMs });
      const first = Math.floor(START_MS / stepMs);
      const expected = totals.groups[0]!.series[0]!.map(
        (_, bucket) => 3 * times.filter((time) => Math.floor(time / stepMs) === first + bucket).length,
      );
      expect(totals.groups[0]!.series[0]!.map(Number)).toEqual(expected);
    }
  });
});
