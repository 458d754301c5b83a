/**
 * The delay before the next attempt. It doubles from the least to the greatest. Each is shortened at random
 * by up to a half, so that the agents of a cluster do not return all at once.
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

  /** Call after success: the next delay is the shortest again. */
  reset(): void {
    this.#nextMs = this.#leastMs;
  }
}
