/** The kernel forgets a UDP flow after a longer pause (nf_conntrack_udp_timeout). */
const PAUSE_MS = 30_000;

/**
 * Since when the kernel has tracked connections without a gap, as far as known. A connection that it shows
 * first soon after a gap may be older than the gap. All times are monotonic, in milliseconds.
 */
export class TrackingAge {
  #gapMs = Number.NEGATIVE_INFINITY;
  #sinceMs = Number.POSITIVE_INFINITY;

  /** The agent begins to watch. The kernel may have tracked before. */
  watchedFrom(nowMs: number): void {
    this.#gapMs = Number.NEGATIVE_INFINITY;
    this.#sinceMs = nowMs;
  }

  /** Tracking was away until now, or somebody deleted connections. */
  brokenUntil(nowMs: number): void {
    this.#gapMs = nowMs;
    this.#sinceMs = nowMs;
  }

  /** The kernel shows a connection that began then, so it tracked then. @param startMs NaN when unknown */
  startedAt(startMs: number): void {
    if (startMs < this.#sinceMs) this.#sinceMs = Math.max(startMs, this.#gapMs);
  }

  /** Whether the kernel has seen the first packet of a connection that it shows from then on. */
  covers(beganMs: number): boolean {
    return beganMs - this.#sinceMs >= PAUSE_MS;
  }
}
