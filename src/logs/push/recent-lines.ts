/** How many lines have been acknowledged in the last moments before the newest of them. */
export class RecentLines {
  readonly #added: { readonly atMs: number; readonly lines: number }[] = [];

  /** @param keepMs how long before this moment others count */
  add(lines: number, atMs: number, keepMs: number): void {
    this.#added.push({ atMs, lines });
    while (this.#added[0]!.atMs < atMs - keepMs) this.#added.shift();
  }

  /** How many they are, which are none then. */
  take(): number {
    return this.#added.splice(0).reduce((sum, { lines }) => sum + lines, 0);
  }
}
