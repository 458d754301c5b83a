/** Exceeds the time until a restart is noticed, and the time that lines are only in memory. */
const KEEP_MS = 30_000;

/** Counts the lines that a server has acknowledged recently. */
export class RecentLines {
  /** Times are the monotonic clock's. */
  readonly #added: { readonly atMs: number; readonly lines: number }[] = [];

  add(lines: number, atMs: number): void {
    this.#added.push({ atMs, lines });
    while (this.#added[0]!.atMs < atMs - KEEP_MS) this.#added.shift();
  }

  /**
   * Removes everything that was acknowledged up to a time.
   * @returns the number of these lines within a period before the last one
   */
  take(untilMs: number, lastMs: number): number {
    const taken = this.#added.filter(({ atMs }) => atMs <= untilMs);
    this.#added.splice(0, taken.length);
    const fromMs = (taken.at(-1)?.atMs ?? 0) - lastMs;
    return taken.reduce((sum, { atMs, lines }) => (atMs >= fromMs ? sum + lines : sum), 0);
  }
}
