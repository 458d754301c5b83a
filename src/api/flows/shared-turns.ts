/**
 * Turns that callers take one after another, one in each turn of the event loop. So other work is served
 * between any two of them, however many callers wait.
 */
export class SharedTurns {
  #last: Promise<void> = Promise.resolve();

  /** Resolves when it is the caller's turn. */
  take(): Promise<void> {
    this.#last = this.#last.then(() => new Promise<void>((resolve) => setImmediate(resolve)));
    return this.#last;
  }
}
