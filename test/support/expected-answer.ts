import { expect } from 'vitest';
import { parseCondition } from '../../src/flow/index.ts';
import { type QueryAnswer, readQuery } from '../../src/query/index.ts';
import { passing } from './expected-totals.ts';
import { groupAsTexts, naiveGroup, naiveGroups } from './naive-answer.ts';
import type { KeptRecord } from './naive-totals.ts';

/** Expects that an answer counts exactly the records that somebody is shown. */
export function expectCounted(
  { groups, groupCount, totals, previousTotals }: QueryAnswer,
  shown: readonly KeptRecord[],
  question: object,
  nowMs: number,
): void {
  const query = readQuery(question, nowMs);
  const condition = parseCondition(query.where);
  const kept = shown.filter(({ record }) => passing([record], condition).length === 1);
  const expected = naiveGroups(kept, query);
  expect(groupCount).toBe(expected.size);
  const all = naiveGroup(kept, query);
  expect([totals.map(String), (previousTotals ?? []).map(String)]).toEqual([all.totals, all.previous]);
  for (const group of groups.filter(({ isRest }) => !isRest)) {
    const key = JSON.stringify(group.key);
    expect(groupAsTexts(group), key).toEqual(naiveGroup(expected.get(key) ?? [], query));
    expect(expected.delete(key), key).toBe(true);
  }
  const others = [...expected.values()].flat();
  const rest = groups.filter(({ isRest }) => isRest).map(groupAsTexts);
  expect(rest).toEqual(expected.size === 0 ? [] : [naiveGroup(others, query)]);
  expect(groups.length - rest.length).toBe(Math.min(query.top, groupCount));
}
