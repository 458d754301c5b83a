/** A histogram of seconds. */
export class DelayHistogram {
  /** Upper bounds of the buckets, rising; one more bucket holds larger values. */
  readonly bounds: readonly number[] = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];
  /** Observations of each bucket alone, not cumulative. */
  readonly counts = new Float64Array(this.bounds.length + 1);
  count = 0;
  sum = 0;

  observe(seconds: number): void {
    this.counts[bucketOf(this.bounds, seconds)]!++;
    this.count++;
    this.sum += seconds;
  }
}

/** The first bucket whose bound is not below the value. */
export function bucketOf(bounds: readonly number[], value: number): number {
  let bucket = 0;
  while (bucket < bounds.length && value > bounds[bucket]!) bucket++;
  return bucket;
}
