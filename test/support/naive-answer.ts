import { type FlowRecord, fieldNames, fieldOf } from '../../src/flow/index.ts';
import type { ExactCount, Group, Query } from '../../src/query/index.ts';
import { type KeptRecord, naiveDimensions, naiveSums } from './naive-totals.ts';

/** The record that a line of /flows shows. */
export function recordOfLine(line: string): FlowRecord {
  const json = JSON.parse(line) as Record<string, string | number>;
  const told = fieldNames.flatMap((name) => {
    const value = json[name];
    if (value === undefined) return [];
    const { storage, enumeration } = fieldOf(name);
    if (storage === 'time') return [[name, Date.parse(String(value))]];
    if (enumeration === undefined || typeof value === 'number')
      return [[name, ['address', 'string'].includes(storage) ? value : Number(value)]];
    return [[name, [...enumeration.names].find(([, label]) => label === value)![0]]];
  });
  return Object.fromEntries(told) as FlowRecord;
}

export interface NaiveGroup {
  readonly totals: readonly string[];
  readonly previous: readonly string[];
  readonly series: readonly (readonly string[])[];
}

const within = (kept: readonly KeptRecord[], fromMs: number, toMs: number): FlowRecord[] =>
  kept.filter(({ timeMs }) => timeMs >= fromMs && timeMs < toMs).map(({ record }) => record);

const textsOf = (counts: readonly (bigint | ExactCount)[]): string[] => counts.map(String);

/** What records are, for a question whose condition they pass. */
export function naiveGroup(kept: readonly KeptRecord[], query: Query): NaiveGroup {
  const { fromMs, toMs, stepMs, compareMs, measures } = query;
  const sumsOf = (from: number, to: number) => textsOf(naiveSums(measures, within(kept, from, to)));
  const buckets: string[][] = [];
  if (stepMs !== undefined)
    for (let from = Math.floor(fromMs / stepMs) * stepMs; from < toMs; from += stepMs)
      buckets.push(sumsOf(Math.max(from, fromMs), Math.min(from + stepMs, toMs)));
  return {
    totals: sumsOf(fromMs, toMs),
    previous: compareMs === undefined ? [] : sumsOf(fromMs - compareMs, toMs - compareMs),
    series: stepMs === undefined ? [] : measures.map((_, i) => buckets.map((bucket) => bucket[i]!)),
  };
}

/** The records of the asked times by the texts of their values. */
export function naiveGroups(kept: readonly KeptRecord[], query: Query): Map<string, KeptRecord[]> {
  const { fromMs, toMs, compareMs, by } = query;
  const spans = compareMs === undefined ? [0] : [0, compareMs];
  const asked = kept.filter(({ timeMs }) =>
    spans.some((earlier) => timeMs >= fromMs - earlier && timeMs < toMs - earlier),
  );
  const groups = Map.groupBy(asked, ({ record }) =>
    JSON.stringify(by.map((name) => naiveDimensions[name](record))),
  );
  if (by.length === 0 && !groups.has('[]')) groups.set('[]', []);
  return groups;
}

export const groupAsTexts = ({ totals, previous = [], series = [] }: Group): NaiveGroup => ({
  totals: textsOf(totals),
  previous: textsOf(previous),
  series: series.map(textsOf),
});
