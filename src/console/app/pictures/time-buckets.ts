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
  /** For each bucket, whether any group has a count. */
  readonly hasCounts: readonly boolean[];
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
    hasCounts: Array.from({ length: count }, (_, bucket) =>
      groups.some(({ series }) => series?.some((counts) => Number(counts[bucket]) > 0)),
    ),
    isLastOpen: endMs > toMs || toMs > nowMs - REPORTED_AFTER_MS,
  };
}

export const bucketStart = ({ fromMs, stepMs }: TimeBuckets, bucket: number): number =>
  fromMs + bucket * stepMs;

export const bucketEnd = ({ fromMs, stepMs, toMs }: TimeBuckets, bucket: number): number =>
  Math.min(fromMs + (bucket + 1) * stepMs, toMs);

/** Why nothing is known of a whole bucket; undefined if something is, such as a part of damaged files. */
export function unknownBecause(buckets: TimeBuckets, bucket: number): string | undefined {
  const [start, end] = [bucketStart(buckets, bucket), bucketEnd(buckets, bucket)];
  if (buckets.hasCounts[bucket]) return undefined;
  return buckets.gaps.find((gap) => gap.fromMs <= start && gap.toMs >= end)?.why;
}

/** The time that records cover. Averages are of it: what was before the history dilutes none. */
export function coveredSpan({ fromMs, toMs, coverage }: QueryAnswer): number {
  return Math.max(0, toMs - Math.max(fromMs, coverage.coveredFromMs ?? toMs));
}
