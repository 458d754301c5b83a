import { expect } from 'vitest';
import {
  batchOf,
  dimensionText,
  type FlowCondition,
  FlowFilter,
  type FlowRecord,
} from '../../src/flow/index.ts';
import type { GroupTotals, Totals, TotalsWanted } from '../../src/store/index.ts';
import { type KeptRecord, naiveDimensions, naiveSums } from './naive-totals.ts';

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
  if (stepMs !== undefined)
    for (let start = fromMs - (fromMs % stepMs); start < toMs; start += stepMs) starts.push(start);
  const buckets = starts.map((start) =>
    naiveSums(measures, recordsIn(kept, Math.max(start, fromMs), Math.min(start + stepMs!, toMs))),
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

/** Expects that totals are those of these records, which pass the condition. */
export function expectExact(
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

export const passing = (records: readonly FlowRecord[], condition: FlowCondition): FlowRecord[] => {
  const batch = batchOf(records);
  const passes = new FlowFilter(condition).bind(batch);
  return [...batch].filter((_, row) => passes(row));
};
