/** Longer than a restart of the server stays unseen, and lines may be in its memory alone. */
const KEEP_MS = 30_000;

/** How many lines a server has acknowledged in its last moments. */
export class RecentLines {
  /** Times are the monotonic clock's. */
  readonly #added: { readonly atMs: number; readonly lines: number }[] = [];

  add(lines: number, atMs: number): void {
    this.#added.push({ atMs, lines });
    while (this.#added[0]!.atMs < atMs - KEEP_MS) this.#added.shift();
  }

  /**
   * Takes all that was acknowledged up to a moment.
   * @returns how many lines of that came at most so long before the last of it
   */
  take(untilMs: number, lastMs: number): number {
    const taken = this.#added.filter(({ atMs }) => atMs <= untilMs);
    this.#added.splice(0, taken.length);
    const fromMs = (taken.at(-1)?.atMs ?? 0) - lastMs;
    return taken.reduce((sum, { atMs, lines }) => (atMs >= fromMs ? sum + lines : sum), 0);
  }
}
