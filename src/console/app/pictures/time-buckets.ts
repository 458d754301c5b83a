import type { Gap, QueryAnswer } from '../../../query/contract/index.ts';

/** The buckets of an answer, and what is known about their time. */
export interface TimeBuckets {
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
  /** When the first bucket begins: at `fromMs`, or before it and so cut. */
  readonly firstMs: number;
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
  { fromMs, toMs, stepMs, firstBucketMs = fromMs, groups, coverage }: QueryAnswer,
  nowMs: number,
): TimeBuckets | undefined {
  if (stepMs === undefined) return undefined;
  const count = groups[0]?.series?.[0]?.length ?? Math.ceil((toMs - firstBucketMs) / stepMs);
  const endMs = firstBucketMs + count * stepMs;
  return {
    fromMs,
    toMs: Math.min(toMs, endMs),
    stepMs,
    firstMs: firstBucketMs,
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

export const bucketStart = ({ fromMs, firstMs, stepMs }: TimeBuckets, bucket: number): number =>
  Math.max(firstMs + bucket * stepMs, fromMs);

export const bucketEnd = ({ firstMs, stepMs, toMs }: TimeBuckets, bucket: number): number =>
  Math.min(firstMs + (bucket + 1) * stepMs, toMs);

/** The bucket of a time. It may be outside of those there are. */
export const bucketAt = ({ firstMs, stepMs }: TimeBuckets, ms: number): number =>
  Math.floor((ms - firstMs) / stepMs);

/** Why a bucket is lower than its whole time would be; undefined if it is not. */
export function incompleteBecause(buckets: TimeBuckets, bucket: number): string | undefined {
  if (bucket === buckets.count - 1 && buckets.isLastOpen) return 'records of this time still arrive';
  if (bucket === 0 && buckets.firstMs < buckets.fromMs) return 'it began before the asked time';
  return undefined;
}

/** The buckets as they would be if their time were so much later. */
export function movedBuckets(buckets: TimeBuckets, byMs: number): TimeBuckets {
  return {
    ...buckets,
    fromMs: buckets.fromMs + byMs,
    firstMs: buckets.firstMs + byMs,
    toMs: buckets.toMs + byMs,
    gaps: buckets.gaps.map(({ fromMs, toMs, why }) => ({ fromMs: fromMs + byMs, toMs: toMs + byMs, why })),
  };
}

/** Why nothing is known of a whole bucket; undefined if something is, such as a part of damaged files. */
export function unknownBecause(buckets: TimeBuckets, bucket: number): string | undefined {
  const [start, end] = [bucketStart(buckets, bucket), bucketEnd(buckets, bucket)];
  const gaps = buckets.gaps.filter((gap) => gap.fromMs < end && gap.toMs > start);
  if (buckets.hasCounts[bucket] || gaps.length === 0 || lengthOutside(gaps, start, end) > 0) return undefined;
  return [...new Set(gaps.map(({ why }) => why))].join(', ');
}

/** The time that records cover. Averages are of it: gaps dilute none. */
export function coveredSpan({ fromMs, toMs, coverage }: QueryAnswer): number {
  const { coveredFromMs = toMs, gaps } = coverage;
  return lengthOutside(gaps, Math.max(fromMs, coveredFromMs), toMs);
}

/** The part of a time that no gap has, in milliseconds. Gaps may overlap. */
function lengthOutside(gaps: readonly Gap[], fromMs: number, toMs: number): number {
  let [outside, end] = [0, fromMs];
  for (const gap of gaps.toSorted((one, other) => one.fromMs - other.fromMs)) {
    outside += Math.max(0, Math.min(gap.fromMs, toMs) - end);
    end = Math.max(end, gap.toMs);
  }
  return outside + Math.max(0, toMs - end);
}
