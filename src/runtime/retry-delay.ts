/**
 * How long to wait before the next attempt: doubling from the least to the greatest, each time a random
 * half taken off at most, so that the agents of a cluster do not come back all at once.
 */
export class RetryDelay {
  readonly #leastMs: number;
  readonly #greatestMs: number;
  readonly #random: () => number;
  #nextMs: number;

  constructor(leastMs: number, greatestMs: number, random: () => number = Math.random) {
    this.#leastMs = leastMs;
    this.#greatestMs = greatestMs;
    this.#random = random;
    this.#nextMs = leastMs;
  }

  /** Milliseconds to wait now. */
  next(): number {
    const delayMs = this.#nextMs;
    this.#nextMs = Math.min(delayMs * 2, this.#greatestMs);
    return delayMs * (1 - this.#random() / 2);
  }

  /** After success the next attempt is made soon. */
  reset(): void {
    this.#nextMs = this.#leastMs;
  }
}
