import { dimensionText } from '../flow/index.ts';
import { firstBucketMs, type GroupTotals, type Totals } from '../store/index.ts';
import { type AnswerTimes, answerCoverage } from './answer-coverage.ts';
import type { ExactCount, Group, Query, QueryAnswer } from './contract/index.ts';
import { commandOf } from './query-command.ts';

/**
 * The answer as it stands in JSON.
 * @param isReduced whether it is for somebody who may read some namespaces only
 */
export function answerOf(query: Query, totals: Totals, times: AnswerTimes, isReduced = false): QueryAnswer {
  const { fromMs, toMs, stepMs, by, measures, compareMs } = query;
  const none = measures.map(() => 0n);
  const sumOf = (counts: (group: GroupTotals) => readonly bigint[]): ExactCount[] =>
    totals.groups
      .map(counts)
      .reduce((sum, more) => sum.map((count, i) => count + more[i]!), none)
      .map(exactCount);
  return {
    fromMs,
    toMs,
    ...(stepMs === undefined ? {} : { stepMs, firstBucketMs: firstBucketMs(fromMs, stepMs) }),
    by,
    measures,
    groups: totals.groups.map((group) => groupOf(query, group)),
    totals: sumOf(({ now }) => now),
    ...(compareMs === undefined ? {} : { previousTotals: sumOf(({ before }) => before) }),
    groupCount: totals.groupCount,
    coverage: answerCoverage(query, totals, times, isReduced),
    command: commandOf(query),
  };
}

function groupOf({ by, stepMs, compareMs }: Query, { key, now, before, series }: GroupTotals): Group {
  return {
    key: key?.map((value, i) => dimensionText(by[i]!, value)) ?? [],
    isRest: key === undefined,
    totals: now.map(exactCount),
    ...(compareMs === undefined ? {} : { previous: before.map(exactCount) }),
    ...(stepMs === undefined ? {} : { series: series.map((counts) => counts.map(exactCount)) }),
  };
}

const exactCount = (count: bigint): ExactCount =>
  count <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(count) : String(count);
