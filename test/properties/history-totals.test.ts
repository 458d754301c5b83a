import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  batchOf,
  dimensionNames,
  dimensionText,
  type FlowCondition,
  FlowFilter,
  type FlowRecord,
  measureNames,
  noCondition,
} from '../../src/flow/index.ts';
import { type GroupTotals, readTotals, type Totals, type TotalsWanted } from '../../src/store/index.ts';
import { anyTree } from '../support/any-condition.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { HistoryPlace } from '../support/kept-history.ts';
import { type KeptRecord, naiveDimensions, naiveSums } from '../support/naive-totals.ts';
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

/** The groups of some records by the texts of their values. */
function groupsOf(kept: readonly KeptRecord[], { by }: TotalsWanted): Map<string, KeptRecord[]> {
  const textOf = ({ record }: KeptRecord) => JSON.stringify(by.map((name) => naiveDimensions[name](record)));
  const groups = Map.groupBy(kept, textOf);
  if (by.length === 0 && !groups.has('[]')) groups.set('[]', []);
  return groups;
}

const recordsIn = (kept: readonly KeptRecord[], fromMs: number, toMs: number): FlowRecord[] =>
  kept.filter(({ timeMs }) => timeMs >= fromMs && timeMs < toMs).map(({ record }) => record);

/** What a group must be. */
function naiveGroup(kept: readonly KeptRecord[], wanted: TotalsWanted): Omit<GroupTotals, 'key'> {
  const { fromMs, toMs, stepMs, compareMs, measures } = wanted;
  const starts: number[] = [];
  if (stepMs !== undefined) for (let start = fromMs; start < toMs; start += stepMs) starts.push(start);
  const buckets = starts.map((start) =>
    naiveSums(measures, recordsIn(kept, start, Math.min(start + stepMs!, toMs))),
  );
  return {
    now: naiveSums(measures, recordsIn(kept, fromMs, toMs)),
    before:
      compareMs === undefined
        ? []
        : naiveSums(measures, recordsIn(kept, fromMs - compareMs, toMs - compareMs)),
    series: measures.map((_, i) => buckets.map((bucket) => bucket[i]!)),
  };
}

function expectExact(
  { groups, groupCount, isCut }: Totals,
  kept: readonly KeptRecord[],
  wanted: TotalsWanted,
) {
  const { by, fromMs, toMs, compareMs, top } = wanted;
  const isAsked = ({ timeMs }: KeptRecord) =>
    (timeMs >= fromMs && timeMs < toMs) ||
    (compareMs !== undefined && timeMs >= fromMs - compareMs && timeMs < toMs - compareMs);
  const expected = groupsOf(kept.filter(isAsked), wanted);
  expect([groupCount, isCut]).toEqual([expected.size, false]);
  const named = groups.filter(({ key }) => key !== undefined);
  for (const { key, ...found } of named) {
    const text = JSON.stringify(key!.map((value, i) => dimensionText(by[i]!, value)));
    expect(found, text).toEqual(naiveGroup(expected.get(text)!, wanted));
    expected.delete(text);
  }
  // The named groups are the largest: none of the others is larger than the last of them.
  const weight = ({ now, before }: Omit<GroupTotals, 'key'>) =>
    [now[0]!, before[0] ?? 0n].sort(byValue).at(-1)!;
  const weights = named.map(weight);
  expect(weights).toEqual(weights.toSorted(byValue).reverse());
  const others = [...expected.values()];
  expect(named).toHaveLength(Math.min(top, groupCount));
  for (const other of others) expect(weight(naiveGroup(other, wanted)) <= weights.at(-1)!).toBe(true);
  const rest = groups.filter(({ key }) => key === undefined);
  expect(rest).toEqual(others.length === 0 ? [] : [{ key: undefined, ...naiveGroup(others.flat(), wanted) }]);
}

const byValue = (one: bigint, other: bigint): number => (one < other ? -1 : one > other ? 1 : 0);

const passing = (records: readonly FlowRecord[], condition: FlowCondition): FlowRecord[] => {
  const batch = batchOf(records);
  const passes = new FlowFilter(condition).bind(batch);
  return [...batch].filter((_, row) => passes(row));
};

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
  }, 300_000);
});
