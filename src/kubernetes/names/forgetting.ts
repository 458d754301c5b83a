import type { Clock } from '../../runtime/index.ts';
import type { TimedIndex, TimedOwner } from './timed-index.ts';

/** Fewer than this are not worth a move. */
const FEW = 1_024;

/** Remembers entries of an index for a while after their end. */
export class Forgetting<Owner extends TimedOwner> {
  readonly #index: TimedIndex<Owner>;
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #rememberedMs: number;
  readonly #most: number;
  /** Entries that have ended and when they are removed, the first first. */
  #entries: number[] = [];
  #times: number[] = [];
  /** How many of them are removed. */
  #done = 0;

  /** @param most entries that are remembered; beyond that, those that ended first are removed */
  constructor(index: TimedIndex<Owner>, clock: Pick<Clock, 'monotonic'>, rememberedMs: number, most: number) {
    this.#index = index;
    this.#clock = clock;
    this.#rememberedMs = rememberedMs;
    this.#most = most;
  }

  /** Entries that are remembered. */
  get size(): number {
    return this.#entries.length - this.#done;
  }

  /** The entry has ended, and nobody changes it any more. */
  add(entry: number): void {
    this.#entries.push(entry);
    this.#times.push(this.#clock.monotonic() + this.#rememberedMs);
    this.removeDue();
  }

  /** Removes the entries whose time is over. */
  removeDue(): void {
    const now = this.#clock.monotonic();
    while (this.size > 0 && (this.#times[this.#done]! <= now || this.size > this.#most)) {
      this.#index.remove(this.#entries[this.#done++]!);
    }
    if (this.#done < FEW || this.#done * 2 < this.#entries.length) return;
    this.#entries = this.#entries.slice(this.#done);
    this.#times = this.#times.slice(this.#done);
    this.#done = 0;
  }
}
