/**
 * Turns that all who share them take one after another, one each time that the event loop comes round:
 * between two of them everybody else is served, however many want one.
 */
export class SharedTurns {
  #last: Promise<void> = Promise.resolve();

  /** Settles when it is the caller's turn. */
  take(): Promise<void> {
    this.#last = this.#last.then(() => new Promise<void>((resolve) => setImmediate(resolve)));
    return this.#last;
  }
}
