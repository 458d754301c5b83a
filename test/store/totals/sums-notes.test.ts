import { readdirSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { batchOf, type FlowRecord, noCondition, parseCondition } from '../../../src/flow/index.ts';
import { readTotals, type Totals, type TotalsWanted } from '../../../src/store/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { HistoryPlace } from '../../support/kept-history.ts';
import { until } from '../../support/until.ts';

const START_MS = Date.UTC(2026, 0, 31, 12);
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const ages = { percent: 20, maxAgeMs: 30 * DAY_MS };

const wanted: TotalsWanted = {
  fromMs: START_MS,
  toMs: START_MS + DAY_MS,
  condition: noCondition,
  by: ['destinationNamespace'],
  measures: ['octets'],
  top: 200,
};

const ask = (place: HistoryPlace, more: Partial<TotalsWanted> = {}): Promise<Totals> =>
  readTotals(place.directory, { ...wanted, ...more }, new AbortController().signal);

const octetsOf = ({ groups }: Totals): bigint => groups.reduce((sum, { now }) => sum + now[0]!, 0n);

const recordsAt = (timeMs: number, count: number): FlowRecord[] =>
  Array.from({ length: count }, (_, i) => ({
    sourcePodNamespace: 'shop',
    sourcePodName: `web-${i}`,
    sourceIP: '10.0.0.1',
    destinationIP: `192.0.2.${i}`,
    destinationPodNamespace: 'data',
    octetDeltaCount: 1 + i,
    octetTotalCount: 1 + i,
    flowEndMilliseconds: timeMs,
  }));

/** 120 records in each of some minutes of the first hour: their sums by hour, and by minute if wanted. */
async function onlySums(place: HistoryPlace, finest: 'minutes' | 'hours', atMinutes: readonly number[]) {
  const clock = new FakeClock(START_MS);
  const isLeft = (ending: string) => readdirSync(place.directory).some((name) => name.endsWith(ending));
  {
    const sums = { minutes: ages, hours: ages };
    await using history = await place.open({ maxAgeMs: 2 * HOUR_MS, sums }, clock);
    for (const minute of atMinutes) {
      clock.advance(START_MS + minute * MINUTE_MS - clock.now());
      await history.append(batchOf(recordsAt(clock.now(), 120)));
      await history.flush();
    }
    clock.advance(7 * HOUR_MS);
    await until('the records are gone', () => place.departed.age === 120 * atMinutes.length);
    await until('there are hours', () => isLeft('.hours.parquet'));
    await history.flush();
  }
  if (finest === 'minutes') return;
  const sums = { minutes: { percent: 20, maxAgeMs: HOUR_MS }, hours: ages };
  await using _ = await place.open({ maxAgeMs: 2 * HOUR_MS, sums }, clock);
  await until('the minutes are gone', () => !isLeft('.minutes.parquet'));
}

/** Of 120 records: 1 + 2 + … */
const OCTETS = 7_260n;
/** Of the 20 smallest addresses of a file, which have no rows of their own. */
const REST_OCTETS = 210n;

describe('totals of times that only sums are left of', () => {
  it('are exact and need no note for fields that sums have', async () => {
    using place = new HistoryPlace();
    await onlySums(place, 'hours', [10, 40]);
    const totals = await ask(place);
    expect(octetsOf(totals)).toBe(2n * OCTETS);
    expect(totals).toMatchObject({ tiers: ['fourHours'], oldestMs: START_MS, sumsNotes: [] });
  });

  it('count an hour at its beginning when the question has an edge in it, and say so', async () => {
    using place = new HistoryPlace();
    await onlySums(place, 'hours', [10, 40]);
    const note = {
      kind: 'undivided',
      tier: 'hours',
      fromMs: START_MS,
      toMs: START_MS + HOUR_MS,
    };
    const until30 = await ask(place, { toMs: START_MS + 30 * MINUTE_MS });
    expect(octetsOf(until30)).toBe(2n * OCTETS);
    expect(until30.sumsNotes).toEqual([note]);
    const since30 = await ask(place, { fromMs: START_MS + 30 * MINUTE_MS });
    expect(octetsOf(since30)).toBe(0n);
    expect(since30.sumsNotes).toEqual([note]);
  });

  it('are divided by minutes as long as there are some', async () => {
    using place = new HistoryPlace();
    await onlySums(place, 'minutes', [10, 40]);
    const totals = await ask(place, { toMs: START_MS + 30 * MINUTE_MS });
    expect(octetsOf(totals)).toBe(OCTETS);
    expect(totals).toMatchObject({ tiers: ['minutes'], sumsNotes: [] });
    const within = await ask(place, { toMs: START_MS + 10 * MINUTE_MS + 1 });
    expect(within.sumsNotes).toMatchObject([{ kind: 'undivided', tier: 'minutes' }]);
  });

  it('have no value where a row lacks a Pod or an address, and say for how many octets', async () => {
    using place = new HistoryPlace();
    await onlySums(place, 'hours', [10, 40]);
    const byPod = await ask(place, { by: ['sourcePod'] });
    expect(byPod.groups).toMatchObject([{ key: [null], now: [2n * OCTETS] }]);
    expect(byPod.sumsNotes).toMatchObject([
      { kind: 'valueless', tier: 'hours', dimensions: ['sourcePod'], octets: 2n * OCTETS },
    ]);
    const byAddress = await ask(place, { by: ['destinationAddress'] });
    expect(octetsOf(byAddress)).toBe(2n * OCTETS);
    expect(byAddress.groups).toHaveLength(101);
    expect(byAddress.groups.find(({ key }) => key?.[0] === null)?.now).toEqual([2n * REST_OCTETS]);
    expect(byAddress.sumsNotes).toMatchObject([{ kind: 'valueless', octets: 2n * REST_OCTETS }]);
    expect((await ask(place, { by: ['sourceAddress'] })).sumsNotes).toEqual([]);
  });

  it('leave out what a condition cannot test, and say how much that is', async () => {
    using place = new HistoryPlace();
    await onlySums(place, 'hours', [10]);
    const untested = await ask(place, { condition: parseCondition('not destinationAddress=192.0.2.119') });
    expect(octetsOf(untested)).toBe(OCTETS - REST_OCTETS - 120n);
    expect(untested.sumsNotes).toMatchObject([{ kind: 'untested', octets: REST_OCTETS }]);
    const unread = await ask(place, { condition: parseCondition('sourcePod=shop/web-1') });
    expect(octetsOf(unread)).toBe(0n);
    expect(unread).toMatchObject({ oldestMs: undefined, tiers: [] });
    expect(unread.sumsNotes).toMatchObject([
      { kind: 'unread', fields: ['sourcePodName'], fromMs: START_MS, toMs: START_MS + DAY_MS },
    ]);
  });
});

describe('totals of sums that are damaged', () => {
  it('are counted from finer ones, then from records, and nothing is left out', async () => {
    using place = new HistoryPlace();
    const clock = new FakeClock(START_MS);
    await using history = await place.open({}, clock);
    await history.append(batchOf(recordsAt(START_MS, 120)));
    await history.flush();
    const truncate = (ending: string) => {
      const name = readdirSync(place.directory).find((each) => each.endsWith(ending))!;
      truncateSync(join(place.directory, name), 1_000);
    };
    expect(await ask(place)).toMatchObject({ tiers: ['fourHours'], rows: 1 });
    truncate('.fourHours.parquet');
    expect(await ask(place)).toMatchObject({ tiers: ['minutes'], rows: 101, unreadable: [] });
    truncate('.minutes.parquet');
    const totals = await ask(place);
    expect(octetsOf(totals)).toBe(OCTETS);
    expect(totals).toMatchObject({ tiers: ['records'], unreadable: [], unreadableRecords: 0, rows: 120 });
  });
});
