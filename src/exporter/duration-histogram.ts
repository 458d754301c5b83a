/** Upper bounds in seconds; one bucket more is for all above. */
const BOUNDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

/** A histogram as Prometheus has it: how many observations were at most each bound. */
export interface HistogramSnapshot {
  readonly boundsSeconds: readonly number[];
  /** Cumulative; one more than bounds, the last of which is all. */
  readonly counts: readonly number[];
  readonly sumSeconds: number;
}

/** Durations in the buckets of the reference's poll cycle metric. */
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
