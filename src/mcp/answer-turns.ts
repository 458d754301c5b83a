/** Answers that wait for their turn; an assistant asks a few at once. */
const MOST_WAITING = 32;

/** One answer is worked on at a time: each may read a whole history. */
export class AnswerTurns {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** @throws {Error} when too many wait; what the signal says, if it aborts before the turn */
  async take<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.#waiting === MOST_WAITING)
      throw new Error(`${MOST_WAITING} questions wait for their answers: ask again when one has come`);
    this.#waiting++;
    const turn = this.#last.then(() => {
      this.#waiting--;
      signal.throwIfAborted();
      return work();
    });
    this.#last = turn.catch(() => {});
    return turn;
  }
}
