import { missedReasonIn, missedRecordsIn, missedRecordsText } from '../../../flow/index.ts';
import type { RecordLine } from './record-line.ts';

/** Each takes some 3 kB of the browser's memory. */
export const MOST_LINES = 10_000;

/** The newest records of a stream. Those that there is no room for are counted. */
export class KeptLines {
  readonly #most: number;
  #lines: RecordLine[] = [];
  #added = 0;
  /** Records that the stream lacks, as far as it says how many. */
  missed = 0;
  /** Whether it lacks more, and does not say how many. */
  hasMissedMore = false;
  /** What the server could not read, in words. */
  readonly unread: string[] = [];

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
    for (const line of lines) {
      const missed = missedRecordsIn(line);
      const why = missedReasonIn(line);
      if (missed !== undefined && why !== undefined) this.unread.push(`${missedRecordsText(missed)}: ${why}`);
      else if (missed === 'some') this.hasMissedMore = true;
      else if (missed !== undefined) this.missed += missed;
      else {
        this.#lines.push(line);
        this.#added++;
      }
    }
    // Up to twice the length, so that lines seldom move.
    if (this.#lines.length > 2 * this.#most) this.#lines = this.#lines.slice(-this.#most);
  }
}
