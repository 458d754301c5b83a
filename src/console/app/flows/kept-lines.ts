import type { RecordLine } from './record-line.ts';

/** Each takes some 3 kB of the browser's memory. */
export const MOST_LINES = 10_000;

/** The newest records of a stream. Those that there is no room for are counted. */
export class KeptLines {
  readonly #most: number;
  #lines: RecordLine[] = [];
  #added = 0;

  constructor(most = MOST_LINES) {
    this.#most = most;
  }

  get leftOut(): number {
    return Math.max(0, this.#added - this.#most);
  }

  /** The oldest first. Each call makes a list of its own. */
  get lines(): readonly RecordLine[] {
    return this.#lines.slice(-this.#most);
  }

  add(lines: readonly RecordLine[]): void {
    this.#added += lines.length;
    for (const line of lines) this.#lines.push(line);
    // Up to twice the length, so that lines seldom move.
    if (this.#lines.length > 2 * this.#most) this.#lines = this.#lines.slice(-this.#most);
  }
}
