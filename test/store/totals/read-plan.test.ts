import { describe, expect, it } from 'vitest';
import { noCondition } from '../../../src/flow/index.ts';
import { forSumTiers, type SumTier } from '../../../src/store/file-names.ts';
import { tierMs } from '../../../src/store/index.ts';
import { AskedEdges, type TimeKind } from '../../../src/store/totals/asked-edges.ts';
import type { CompleteFrom, HistoryFile, HistoryTier } from '../../../src/store/totals/history-files.ts';
import { newestOf, partsOf, planReadings, recordsBeside } from '../../../src/store/totals/read-plan.ts';
import { lacksOfSums } from '../../../src/store/totals/sums-lack.ts';
import type { TotalsWanted } from '../../../src/store/totals/wanted.ts';

const START_MS = Date.UTC(2026, 0, 31, 12);
const MINUTE_MS = tierMs.minutes;
const HOUR_MS = tierMs.hours;
const ALWAYS = Number.NEGATIVE_INFINITY;

const letters: Readonly<Record<string, HistoryTier>> = {
  r: 'records',
  m: 'minutes',
  h: 'hours',
  f: 'fourHours',
  d: 'days',
};

/** Of how many records a row has the sums. */
const rowsFor: Readonly<Record<HistoryTier, number>> = {
  records: 1,
  minutes: 2,
  hours: 5,
  fourHours: 10,
  days: 20,
};

/** Ten records for each number, which is a time of half an hour: "m1-4" are minutes of the numbers 1 to 4. */
function fileOf(name: string): HistoryFile {
  const [, letter = '', first = '', last = first] = /^(\w)(\d+)(?:-(\d+))?$/.exec(name)!;
  const tier = letters[letter]!;
  const unitMs = tier === 'records' ? 1 : tierMs[tier];
  const fromMs = START_MS + ((Number(first) - 1) * HOUR_MS) / 2;
  const toMs = START_MS + (Number(last) * HOUR_MS) / 2 - 1;
  const records = 10 * (Number(last) - Number(first) + 1);
  return {
    name,
    tier,
    first: Number(first),
    last: Number(last),
    fromMs: Math.floor(fromMs / unitMs) * unitMs,
    toMs: Math.ceil((toMs + 1) / unitMs) * unitMs - 0.001,
    records,
    rows: records / rowsFor[tier],
    octets: 1_000,
    schema: 2,
    restOf: 0,
  };
}

interface Case {
  readonly files: string;
  readonly wanted?: Partial<TotalsWanted>;
  readonly complete?: Partial<CompleteFrom>;
  readonly newestMs?: number;
  /** What the rows of all sums are the rest of, or those of a file by its name. */
  readonly restOf?: number | Readonly<Record<string, number>>;
}

const restIn = ({ name }: HistoryFile, restOf: NonNullable<Case['restOf']>): number =>
  typeof restOf === 'number' ? restOf : (restOf[name] ?? 0);

const nameOf = ({ within, without }: TimeKind): string =>
  without === undefined ? `edge ${within}` : `whole ${without}`;

/** The files that are read for each kind of time. */
function plan({ files, wanted = {}, complete = {}, newestMs, restOf = 0 }: Case): Record<string, string> {
  const asked: TotalsWanted = {
    fromMs: START_MS,
    toMs: START_MS + 4 * HOUR_MS,
    condition: noCondition,
    by: ['sourceWorkload'],
    measures: ['octets'],
    top: 5,
    ...wanted,
  };
  // A tier without files has nothing.
  const isThere = (tier: SumTier) =>
    tierMs[tier] <= HOUR_MS || new RegExp(`\\b${tier[0]}\\d`).test(files) ? ALWAYS : -ALWAYS;
  const edges = new AskedEdges(asked, newestMs);
  const parts = partsOf(
    planReadings({
      files: files
        .split(' ')
        .map(fileOf)
        .map((file) => (file.tier === 'records' ? file : { ...file, restOf: restIn(file, restOf) })),
      complete: { records: ALWAYS, ...forSumTiers(isThere), ...complete },
      edges,
      lacks: lacksOfSums(asked),
    }),
    edges,
  );
  const names = new Map<string, string[]>();
  for (const part of parts)
    names.set(nameOf(part.kind), [
      ...(names.get(nameOf(part.kind)) ?? []),
      ...part.files.map(({ name }) => name),
    ]);
  return Object.fromEntries([...names].map(([kind, some]) => [kind, some.toSorted().join(' ')]));
}

const ALL = 'r1 r2 r3 r4 r5 r6 r7 r8 m1-4 m5-8 h1-8';

describe('a plan for a question', () => {
  it('reads the coarsest tier that has all fields, for whole hours', () => {
    expect(plan({ files: ALL })).toEqual({ 'whole hours': 'h1-8' });
    expect(plan({ files: ALL, wanted: { stepMs: HOUR_MS } })).toEqual({ 'whole hours': 'h1-8' });
  });

  it('reads finer files for numbers that no coarser one has', () => {
    expect(plan({ files: 'r1 r2 r3 r4 r5 r6 m1-2 m3-4 h1-2' })).toEqual({ 'whole hours': 'h1-2 m3-4 r5 r6' });
  });

  it('reads minutes in the hours that have an edge, and records in the minutes that have one', () => {
    const wanted = { fromMs: START_MS + 10 * MINUTE_MS, toMs: START_MS + 3 * HOUR_MS + 40 * MINUTE_MS + 1 };
    expect(plan({ files: ALL, wanted })).toEqual({
      'whole hours': 'h1-8',
      'whole minutes': 'm1-4 m5-8',
      'edge minutes': 'r8',
    });
  });

  it('takes the edges of buckets and of the compared time for edges, too', () => {
    expect(plan({ files: ALL, wanted: { stepMs: 30 * MINUTE_MS } })).toEqual({
      'whole minutes': 'm1-4 m5-8',
    });
    const wanted = { fromMs: START_MS + 2 * HOUR_MS, compareMs: HOUR_MS + 1 };
    expect(plan({ files: ALL, wanted })['edge minutes']).toBe('r2 r6');
  });

  it('takes no time after the newest record for an edge, such as now', () => {
    const toMs = START_MS + 3 * HOUR_MS + 40 * MINUTE_MS + 1;
    const stepMs = 20 * MINUTE_MS;
    expect(plan({ files: ALL, wanted: { toMs }, newestMs: toMs - 1 })).toEqual({ 'whole hours': 'h1-8' });
    expect(plan({ files: ALL, wanted: { toMs }, newestMs: toMs })).toEqual(
      plan({ files: ALL, wanted: { toMs } }),
    );
    const early = { toMs: START_MS + 2 * HOUR_MS, stepMs };
    expect(plan({ files: 'r1 m1 h1', wanted: early, newestMs: START_MS + stepMs - 1 })).toEqual({
      'whole hours': 'h1',
    });
    expect(plan({ files: 'r1 r2 m1-2 h1-2', wanted: early, newestMs: START_MS + stepMs })).toEqual({
      'whole minutes': 'm1-2',
    });
  });

  it('reads sums by hour between the first and the last hour, with buckets of hours from any moment', () => {
    const fromMs = START_MS + 10 * MINUTE_MS + 1;
    expect(plan({ files: ALL, wanted: { fromMs, stepMs: HOUR_MS } })).toEqual({
      'whole hours': 'h1-8',
      'whole minutes': 'm1-4',
      'edge minutes': 'r1',
    });
  });

  it('reads records for a field that sums lack, in dimensions and in the condition', () => {
    const records = { 'whole hours': 'r1 r2 r3 r4 r5 r6 r7 r8' };
    expect(plan({ files: ALL, wanted: { by: ['sourcePod'] } })).toEqual(records);
    expect(plan({ files: ALL, wanted: { condition: { word: 'tcpState', values: ['CLOSE'] } } })).toEqual(
      records,
    );
    expect(plan({ files: ALL, wanted: { condition: { exists: 'destinationWorkload' } } })).toEqual({
      'whole hours': 'h1-8',
    });
  });

  it('reads records for an address when a file has a rest without addresses, and else sums', () => {
    const wanted: Partial<TotalsWanted> = { by: ['sourceAddress'] };
    expect(plan({ files: ALL, wanted, restOf: 2 })).toEqual({ 'whole hours': 'h1-8' });
    expect(plan({ files: ALL, wanted, restOf: 1 })['whole hours']).toContain('r1');
    expect(plan({ files: ALL, restOf: 3 })).toEqual({ 'whole hours': 'h1-8' });
    expect(plan({ files: ALL, restOf: 4 })['whole hours']).toContain('r1');
  });

  it('reads finer files only in place of those that have a rest', () => {
    const files = 'r1 r2 r3 r4 r5 r6 r7 r8 m1-4 m5-8 h1-4 h5-8';
    const restOf = { 'h5-8': 4 };
    expect(plan({ files, restOf })).toEqual({ 'whole hours': 'h1-4 m5-8' });
    expect(plan({ files, restOf: { ...restOf, 'm5-8': 4 } })).toEqual({ 'whole hours': 'h1-4 r5 r6 r7 r8' });
    expect(plan({ files, wanted: { by: [] }, restOf })).toEqual({ 'whole hours': 'h1-4 h5-8' });
  });

  it('reads each number once when files of two tiers overlap', () => {
    expect(plan({ files: 'r5 r6 m1-4 m5-6 h3-4' })).toEqual({ 'whole hours': 'm1-4 m5-6' });
  });

  it('reads what is left where records are gone: the finest that has most', () => {
    const complete = { records: START_MS + 2 * HOUR_MS };
    const wanted: Partial<TotalsWanted> = { by: ['sourcePod'] };
    const files = 'r5 r6 r7 r8 m1-4 m5-8 h1-8';
    expect(plan({ files, wanted, complete })).toEqual({ 'whole hours': 'm1-4 r5 r6 r7 r8' });
    const none = { records: START_MS + 2 * HOUR_MS, minutes: START_MS + 2 * HOUR_MS };
    expect(plan({ files: 'r5 r6 r7 r8 m5-8 h1-8', wanted, complete: none })).toEqual({
      'whole hours': 'h1-8 r5 r6 r7 r8',
    });
  });

  it('reads what is left of gone records also beside tiers that cannot answer or have no file', () => {
    const complete = { records: START_MS + 2 * HOUR_MS };
    const wanted: Partial<TotalsWanted> = { by: ['sourcePod'] };
    const left = { 'whole hours': 'm1-4 r5 r6 r7 r8' };
    expect(plan({ files: 'r5 r6 r7 r8 m1-4 m5-8 h1-8 f1-8 d1-8', wanted, complete })).toEqual(left);
    expect(plan({ files: 'r5 r6 r7 r8 m1-4 m5-8', wanted, complete })).toEqual(left);
  });

  it('reads hours that have an edge where nothing finer is left', () => {
    const complete = { records: START_MS + 2 * HOUR_MS, minutes: START_MS + 2 * HOUR_MS };
    const files = 'r5 r6 r7 r8 m5-8 h1-4 h5-8';
    const wanted = { fromMs: START_MS + 10 * MINUTE_MS, toMs: START_MS + 3 * HOUR_MS + 10 * MINUTE_MS };
    expect(plan({ files, wanted, complete })).toEqual({
      'whole hours': 'h1-4 h5-8',
      'whole minutes': 'r7', // it has fewer rows than m5-8
      'edge hours': 'h1-4',
    });
  });

  describe('with sums of pairs by four hours and by day', () => {
    const REST_OF_ROWS = 4;
    /** From noon to midnight, and the day and a half after. */
    const hours = 'h1-24 h25-96';
    const files = `m1-24 m25-96 ${hours} f1-24 f25-96 d1-24 d25-96`;
    const twoDays = { toMs: START_MS + 36 * HOUR_MS };

    it('reads the longest units of time without an edge', () => {
      const wanted = { fromMs: START_MS + 10 * MINUTE_MS, toMs: START_MS + 37 * HOUR_MS + 30 * MINUTE_MS };
      expect(plan({ files, wanted })).toEqual({
        'whole days': 'd25-96',
        'whole fourHours': 'f1-24',
        'whole hours': 'h1-24 h25-96',
        'whole minutes': 'm1-24 m25-96',
      });
      expect(plan({ files, wanted: twoDays })['whole fourHours']).toBe('f1-24');
      expect(plan({ files, wanted: { ...twoDays, stepMs: 4 * HOUR_MS } })).toEqual({
        'whole fourHours': 'f1-24 f25-96',
      });
      expect(plan({ files, wanted: { ...twoDays, stepMs: HOUR_MS } })).toEqual({ 'whole hours': hours });
    });

    it('reads them where hours have a rest, and minutes only at the edges', () => {
      const restOf = { 'h1-24': REST_OF_ROWS, 'h25-96': REST_OF_ROWS };
      const wanted = { ...twoDays, fromMs: START_MS + HOUR_MS };
      expect(plan({ files, wanted, restOf })).toEqual({
        'whole days': 'd25-96',
        'whole fourHours': 'f1-24',
        'whole hours': 'm1-24',
      });
    });

    it('reads them where they and hours have a rest, and minutes are gone', () => {
      const restOf = Object.fromEntries(files.split(' ').map((name) => [name, REST_OF_ROWS]));
      const without = (letters: string) => files.replaceAll(new RegExp(`[${letters}]\\S+ ?`, 'g'), '').trim();
      const complete = { records: START_MS + 48 * HOUR_MS, minutes: START_MS + 48 * HOUR_MS };
      const wanted = { ...twoDays, fromMs: START_MS - 12 * HOUR_MS };
      const wholeDays = (left: string) => plan({ files: left, wanted, restOf, complete })['whole days'];
      expect(wholeDays(files)).toBe('m1-24 m25-96');
      expect(wholeDays(without('m'))).toBe('f1-24 f25-96');
      expect(wholeDays(without('mf'))).toBe('d1-24 d25-96');
      const series = { ...wanted, stepMs: HOUR_MS };
      expect(plan({ files, wanted: series, restOf })['whole hours']).toBe('m1-24 m25-96');
      expect(plan({ files: without('m'), wanted: series, restOf, complete })['whole hours']).toBe(hours);
    });

    it('does not read them for a field that they lack, in dimensions and in the condition', () => {
      const finer = { 'whole hours': hours };
      expect(plan({ files, wanted: { ...twoDays, by: ['sourceNode'] } })).toEqual(finer);
      expect(plan({ files, wanted: { ...twoDays, by: ['destinationZone'] } })).toEqual(finer);
      const condition = { word: 'sourceNode' as const, values: ['node-1'] };
      expect(plan({ files, wanted: { ...twoDays, condition } })).toEqual(finer);
    });

    it('reads hours for the time before they were there', () => {
      const wanted = { ...twoDays, by: ['sourceWorkload' as const] };
      expect(plan({ files: `${hours} f25-96 d25-96`, wanted })).toEqual({
        'whole days': 'd25-96',
        'whole fourHours': 'h1-24',
      });
    });
  });

  it('never reads sums for a condition on a field that they lack', () => {
    const complete = { records: START_MS + 2 * HOUR_MS };
    const wanted: Partial<TotalsWanted> = { condition: { word: 'sourcePod', values: ['shop/web-0'] } };
    expect(plan({ files: 'r5 r6 r7 r8 m1-4 m5-8 h1-8', wanted, complete })).toEqual({
      'whole hours': 'r5 r6 r7 r8',
    });
  });
});

describe('the newest record', () => {
  const newest = (names: string) => Math.ceil(newestOf(names.split(' ').map(fileOf))!) - START_MS;

  it('is as late as the files of records say, also beside sums of the same ones', () => {
    expect(newest('r1 r2 r3 m1-2 h1-3 f1-3')).toBe(1.5 * HOUR_MS);
    expect(newestOf([])).toBeUndefined();
  });

  it('may be at the end of a minute, hour or day if only sums are left', () => {
    expect(newest('r1 m1-3 h1-3 d1-3')).toBe(1.5 * HOUR_MS);
    expect(newest('r1 r3 h1-3')).toBe(2 * HOUR_MS);
    expect(newest('r1 r2 m1-2 d1-3')).toBe(12 * HOUR_MS);
  });
});

describe('the records of a file that cannot be read', () => {
  const beside = (name: string, others: string): number =>
    recordsBeside(fileOf(name), others.split(' ').map(fileOf));

  it('are those that no other file has, also if several tiers have the others', () => {
    expect(beside('d1-8', 'f1-4 f5-8')).toBe(0);
    expect(beside('d1-8', 'h1-16')).toBe(0);
    expect(beside('d1-8', 'r5 r6 r7 r8 m5-8 h5-8 f5-8')).toBe(40);
    expect(beside('d1-8', 'r1 r2 h1-2 r8 f7-8 m9-10')).toBe(40);
  });
});
