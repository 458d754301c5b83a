import type { Gap, QueryAnswer } from '../../../query/contract/index.ts';

/** The buckets of an answer, and what is known about their time. */
export interface TimeBuckets {
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
  readonly count: number;
  /** Times without records, within the buckets. */
  readonly gaps: readonly Gap[];
  /** The last bucket goes on: its time is not over, or its flows may still be reported. */
  readonly isLastOpen: boolean;
}

/** Records of a bucket still arrive so long after its end: agents report each minute. */
const REPORTED_AFTER_MS = 60_000;

/** @param nowMs when the answer was made */
export function timeBuckets(
  { fromMs, toMs, stepMs, groups, coverage }: QueryAnswer,
  nowMs: number,
): TimeBuckets | undefined {
  if (stepMs === undefined) return undefined;
  const count = groups[0]?.series?.[0]?.length ?? Math.ceil((toMs - fromMs) / stepMs);
  const endMs = fromMs + count * stepMs;
  return {
    fromMs,
    toMs: Math.min(toMs, endMs),
    stepMs,
    count,
    gaps: coverage.gaps
      .map((gap) => ({ ...gap, fromMs: Math.max(gap.fromMs, fromMs), toMs: Math.min(gap.toMs, toMs) }))
      .filter((gap) => gap.fromMs < gap.toMs),
    isLastOpen: endMs > toMs || toMs > nowMs - REPORTED_AFTER_MS,
  };
}

export const bucketStart = ({ fromMs, stepMs }: TimeBuckets, bucket: number): number =>
  fromMs + bucket * stepMs;

export const bucketEnd = ({ fromMs, stepMs, toMs }: TimeBuckets, bucket: number): number =>
  Math.min(fromMs + (bucket + 1) * stepMs, toMs);

/** Why nothing is known of a whole bucket; undefined if something is. */
export function unknownBecause(buckets: TimeBuckets, bucket: number): string | undefined {
  const [start, end] = [bucketStart(buckets, bucket), bucketEnd(buckets, bucket)];
  return buckets.gaps.find((gap) => gap.fromMs <= start && gap.toMs >= end)?.why;
}

/** The time that records cover. Averages are of it: a gap dilutes none. */
export function coveredSpan({ fromMs, toMs, coverage }: QueryAnswer): number {
  const missing = coverage.gaps.reduce(
    (sum, gap) => sum + Math.max(0, Math.min(gap.toMs, toMs) - Math.max(gap.fromMs, fromMs)),
    0,
  );
  return Math.max(0, toMs - fromMs - missing);
}
