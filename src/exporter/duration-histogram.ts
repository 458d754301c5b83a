/** Upper bounds in seconds; one more bucket holds larger values. */
const BOUNDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

/** A histogram in Prometheus's form: the number of observations up to each bound. */
export interface HistogramSnapshot {
  readonly boundsSeconds: readonly number[];
  /** Cumulative; one more than the bounds, the last of which counts all. */
  readonly counts: readonly number[];
  readonly sumSeconds: number;
}

/** Durations in the buckets of the reference system's poll cycle metric. */
export class DurationHistogram {
  readonly #counts: number[] = Array.from({ length: BOUNDS.length + 1 }, () => 0);
  #sumSeconds = 0;

  observe(seconds: number): void {
    const bucket = BOUNDS.findIndex((bound) => seconds <= bound);
    this.#counts[bucket < 0 ? BOUNDS.length : bucket]!++;
    this.#sumSeconds += seconds;
  }

  get snapshot(): HistogramSnapshot {
    let total = 0;
    const counts = this.#counts.map((count) => {
      total += count;
      return total;
    });
    return { boundsSeconds: BOUNDS, counts, sumSeconds: this.#sumSeconds };
  }
}
