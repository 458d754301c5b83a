import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  batchOf,
  type DimensionName,
  dimensionNames,
  type FlowCondition,
  type FlowRecord,
  fieldsOfDimension,
  measureNames,
  noCondition,
  parseCondition,
} from '../../src/flow/index.ts';
import { readTotals, summedFields, type Totals, type TotalsWanted } from '../../src/store/index.ts';
import { expectExact, passing } from '../support/expected-totals.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { HistoryPlace } from '../support/kept-history.ts';
import type { KeptRecord } from '../support/naive-totals.ts';
import { nameableRecord } from '../support/nameable-record.ts';
import { until } from '../support/until.ts';

const START_MS = Date.UTC(2026, 0, 31, 12);
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Records that are older are deleted. Minutes that are older than six hours have become hours. */
const MAX_AGE_MS = 8 * HOUR_MS;

/** How many different records a history has at most. So a minute has alike ones, and an hour even more. */
const DIFFERENT_RECORDS = 3;
/** So many files become one of a level above, and its hours. */
const MERGED_FILES = 8;

/** The records of files, and the time after each. */
const storings = fc
  .record({
    different: fc.array(nameableRecord, { minLength: 1, maxLength: DIFFERENT_RECORDS }),
    files: fc.array(
      fc.record({
        numbers: fc.array(fc.nat(), { minLength: 2, maxLength: 8 }),
        afterMs: fc.constantFrom(0, 999.5, 20_000, MINUTE_MS, 7 * MINUTE_MS, 31 * MINUTE_MS, 5 * HOUR_MS),
      }),
      { minLength: 2 * MERGED_FILES, maxLength: 2 * MERGED_FILES + 4 },
    ),
  })
  .map(({ different, files }) =>
    files.map(({ numbers, afterMs }) => ({
      records: numbers.map((number) => different[number % different.length]!),
      afterMs,
    })),
  );

/** Dimensions that sums can tell. A workload is named by its Pod, too. */
const toldBySums = dimensionNames.filter(
  (name) =>
    name.endsWith('Workload') ||
    fieldsOfDimension(name).every((field) => summedFields('hours').includes(field) && !field.endsWith('IP')),
);

const conditions = ['proto=tcp', 'sourceWorkload=/web', 'not sourceWorkload=""', 'namespace!=Other'];

const question = (
  names: readonly DimensionName[],
  edges: readonly number[],
  conditionsOf: readonly FlowCondition[],
) =>
  fc
    .record({
      fromMs: fc.constantFrom(0, ...edges),
      lengthMs: fc.constantFrom(...edges.filter((edge) => edge > 0)),
      by: fc.uniqueArray(fc.constantFrom(...names), { maxLength: 3 }),
      measures: fc.uniqueArray(fc.constantFrom(...measureNames), { minLength: 1, maxLength: 3 }),
      top: fc.integer({ min: 1, max: 6 }),
      stepMs: fc.constantFrom(undefined, ...edges.filter((edge) => edge >= MINUTE_MS)),
      compareMs: fc.constantFrom(undefined, ...edges.filter((edge) => edge > 0)),
      condition: fc.constantFrom(noCondition, ...conditionsOf),
    })
    .map(({ fromMs, lengthMs, ...rest }): TotalsWanted => {
      const from = START_MS + fromMs;
      return { ...rest, fromMs: from, toMs: from + lengthMs };
    });

const anyEdges = [
  -HOUR_MS,
  0,
  1,
  MINUTE_MS,
  90_500,
  17 * MINUTE_MS,
  HOUR_MS,
  HOUR_MS + 5 * MINUTE_MS,
  3 * HOUR_MS - 1_500,
  5 * HOUR_MS,
];
/** Four hours and days lie between them. The first one begins at noon. */
const dayEdges = [-12 * HOUR_MS, 0, 90_500, 4 * HOUR_MS, 12 * HOUR_MS, 20 * HOUR_MS, 36 * HOUR_MS];
/** Whole hours lie between them, and an end that is in none. */
const longEdges = [61 * MINUTE_MS, 83 * MINUTE_MS, 2 * HOUR_MS - 1, 125 * MINUTE_MS + 500];
const anyQuestion = fc.oneof(
  question(
    dimensionNames,
    anyEdges,
    [...conditions, 'sourcePod=/db-0', 'sourceAddress!=10.0.0.1', 'tcpState exists'].map(parseCondition),
  ),
  question(toldBySums, anyEdges, conditions.map(parseCondition)),
  question(toldBySums, longEdges, []),
  question(toldBySums, dayEdges, conditions.map(parseCondition)),
);
/** The edges of a question are between the files of these numbers, or within one. */
const storedEdges = fc.record({
  first: fc.nat({ max: 2 * MERGED_FILES - 1 }),
  second: fc.nat({ max: 2 * MERGED_FILES - 1 }),
  beforeMs: fc.constantFrom(0, 0.5, 1, 30_000),
  rest: question(toldBySums, [HOUR_MS], []),
});
const hourQuestion = question(
  toldBySums,
  [-12 * HOUR_MS, 0, HOUR_MS, 2 * HOUR_MS, 5 * HOUR_MS, 24 * HOUR_MS, 36 * HOUR_MS],
  ['proto=tcp', 'sourceWorkload=/web', 'not sourceWorkload exists'].map(parseCondition),
);

const ask = (place: HistoryPlace, wanted: TotalsWanted): Promise<Totals> =>
  readTotals(place.directory, wanted, new AbortController().signal);

type Stored = { readonly records: FlowRecord[]; readonly timeMs: number }[];

const keptOf = (stored: Stored, { condition }: TotalsWanted): KeptRecord[] =>
  stored.flatMap(({ records, timeMs }) => passing(records, condition).map((record) => ({ record, timeMs })));

function questionAmong(
  stored: Stored,
  { first, second, beforeMs, rest }: { first: number; second: number; beforeMs: number; rest: TotalsWanted },
): TotalsWanted {
  const [from, to] = [stored[Math.min(first, second)]!.timeMs, stored[Math.max(first, second)]!.timeMs];
  const { stepMs: _, compareMs: __, ...same } = rest;
  return { ...same, fromMs: from, toMs: Math.max(from + 1, to - beforeMs) };
}

/** Whether an hour that has a sum has records before and after the end of a question. */
function dividesAnHour(stored: Stored, { fromMs, toMs }: TotalsWanted): boolean {
  const hour = Math.floor(toMs / HOUR_MS);
  const times = stored
    .slice(0, 2 * MERGED_FILES)
    .map(({ timeMs }) => timeMs)
    .filter((timeMs) => Math.floor(timeMs / HOUR_MS) === hour);
  return times.some((timeMs) => timeMs >= toMs) && times.some((timeMs) => timeMs >= fromMs && timeMs < toMs);
}

describe('totals of a history with sums', { timeout: 600_000 }, () => {
  it('are exact for any question, from every tier, and also when records of old times are gone', async () => {
    const answered = new Set<string>();
    let dividedHours = 0;
    await fc.assert(
      fc.asyncProperty(
        storings,
        fc.array(anyQuestion, { minLength: 8, maxLength: 8 }),
        fc.array(storedEdges, { minLength: 8, maxLength: 8 }),
        fc.array(hourQuestion, { minLength: 6, maxLength: 6 }),
        async (files, questions, edges, hourQuestions) => {
          using place = new HistoryPlace();
          const clock = new FakeClock(START_MS);
          const stored: Stored = [];
          {
            await using history = await place.open({}, clock);
            for (const { records, afterMs } of files) {
              stored.push({ records, timeMs: clock.now() });
              await history.append(batchOf(records));
              await history.flush();
              clock.advance(afterMs);
            }
            await history.flush();
            const amongStored = edges.map((each) => questionAmong(stored, each));
            for (const wanted of [...questions, ...amongStored, ...hourQuestions]) {
              const totals = await ask(place, wanted);
              expectExact(totals, keptOf(stored, wanted), wanted);
              expect(totals).toMatchObject({ unreadable: [], sumsNotes: [] });
              answered.add(totals.tiers.join());
              dividedHours += Number(dividesAnHour(stored, wanted));
            }
          }
          // Half of the records become too old, or more. All minutes that are old have become hours.
          const halfMs = stored[Math.floor(stored.length / 2)]!.timeMs;
          clock.advance(Math.max(0, halfMs + MAX_AGE_MS - clock.now()));
          await using history = await place.open({ maxAgeMs: MAX_AGE_MS }, clock);
          const isOld = ({ timeMs }: Stored[number]) => timeMs < clock.now() - MAX_AGE_MS;
          const gone = stored.filter(isOld).reduce((sum, { records }) => sum + records.length, 0);
          await until('the old records are gone', () => (place.departed.age ?? 0) >= gone);
          await history.flush();
          for (const wanted of hourQuestions) {
            const totals = await ask(place, wanted);
            expectExact(totals, keptOf(stored, wanted), wanted);
            expect(totals).toMatchObject({ unreadable: [], sumsNotes: [] });
            answered.add(`later ${totals.tiers.join()}`);
          }
          expect(place.troubles).toEqual([]);
        },
      ),
      { numRuns: 4, endOnFailure: true },
    );
    expect(dividedHours).toBeGreaterThan(8);
    for (const tier of ['minutes', 'hours', 'fourHours', 'days'])
      expect([...answered].filter((tiers) => tiers.split(/[ ,]/).includes(tier))).not.toEqual([]);
    expect([...answered].filter((tiers) => tiers.startsWith('later'))).not.toEqual([]);
  });
});
