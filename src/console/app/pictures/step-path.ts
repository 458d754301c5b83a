import { bucketStart, type TimeBuckets, unknownBecause } from './time-buckets.ts';

/** Where the buckets of a time stand. It is asked once for all groups, since there are thousands of steps. */
export interface Steps {
  /** Where each bucket begins, and where the last one ends. */
  readonly xs: readonly number[];
  /** Runs of buckets of which something is known: the first, and the one after the last. */
  readonly runs: readonly (readonly [first: number, end: number])[];
}

/** @param shown the time that is `width` pixels wide */
export function bucketSteps(buckets: TimeBuckets, shown: TimeBuckets, width: number): Steps {
  const { count } = buckets;
  const xs = Array.from({ length: count }, (_, bucket) =>
    roundPixels(((bucketStart(buckets, bucket) - shown.fromMs) / (shown.toMs - shown.fromMs)) * width),
  );
  const runs: [number, number][] = [];
  for (let bucket = 0; bucket < count; bucket++) {
    if (unknownBecause(buckets, bucket) !== undefined) continue;
    const last = runs.at(-1);
    if (last?.[1] === bucket) last[1]++;
    else runs.push([bucket, bucket + 1]);
  }
  return { xs: [...xs, width], runs };
}

/** A line that is level in each bucket. Where nothing is known, nothing is drawn. */
export function stepLine({ xs, runs }: Steps, heights: readonly number[]): string {
  let path = '';
  for (const [first, end] of runs) path += `M${xs[first]},${stepsForth(xs, heights, first, end)}`;
  return path;
}

/** The area between two such lines. */
export function stepArea({ xs, runs }: Steps, lows: readonly number[], highs: readonly number[]): string {
  let path = '';
  for (const [first, end] of runs) {
    path += `M${xs[first]},${stepsForth(xs, highs, first, end)}`;
    for (let bucket = end - 1; bucket >= first; bucket--)
      path += `V${roundPixels(lows[bucket]!)}H${xs[bucket]}`;
    path += 'Z';
  }
  return path;
}

function stepsForth(xs: readonly number[], heights: readonly number[], first: number, end: number): string {
  let steps = `${roundPixels(heights[first]!)}H${xs[first + 1]}`;
  for (let bucket = first + 1; bucket < end; bucket++)
    steps += `V${roundPixels(heights[bucket]!)}H${xs[bucket + 1]}`;
  return steps;
}

/** More digits of a pixel take time, and nobody sees them. */
const roundPixels = (pixels: number): number => Math.round(pixels * 100) / 100;
