import { setImmediate as nextTurn } from 'node:timers/promises';

/** Time for exporters' messages before timers and other connections get their turn. */
const TURN_MS = 5;

/**
 * Spreads the work for messages over turns of the event loop, so that no number of exporters blocks the rest
 * of the process. Deferred work runs in its order of arrival.
 */
export class Turns {
  readonly #nowMs: () => number;
  readonly #waiting: (() => void)[] = [];
  /** Work that stopped in its middle. */
  #interrupted: (() => void) | undefined;
  #spentMs = 0;
  /** When the current work began; undefined between works. */
  #startMs: number | undefined;
  #isTurning = false;

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /** Whether this turn's time is used up: new work must wait, and divisible work stops here. */
  get isOver(): boolean {
    if (this.#interrupted !== undefined) return true;
    const underWayMs = this.#startMs === undefined ? 0 : this.#nowMs() - this.#startMs;
    return this.#spentMs + underWayMs >= TURN_MS;
  }

  /** Does the work now. */
  spend(work: () => void): void {
    const startMs = this.#nowMs();
    this.#startMs = startMs;
    try {
      work();
    } finally {
      this.#startMs = undefined;
      this.#spentMs += this.#nowMs() - startMs;
      this.#turnLater();
    }
  }

  /** Does the work in a later turn. */
  defer(work: () => void): void {
    this.#waiting.push(work);
    this.#turnLater();
  }

  /** Goes on with work that has stopped in its middle: in the next turn, before any other work. */
  resume(work: () => void): void {
    this.#interrupted = work;
    this.#turnLater();
  }

  /** Resolves when no work waits any more. */
  async finish(): Promise<void> {
    while (this.#interrupted !== undefined || this.#waiting.length > 0) await nextTurn();
  }

  #turnLater(): void {
    if (this.#isTurning) return;
    this.#isTurning = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#isTurning = false;
    this.#spentMs = 0;
    const interrupted = this.#interrupted;
    this.#interrupted = undefined;
    if (interrupted !== undefined) this.spend(interrupted);
    let done = 0;
    while (done < this.#waiting.length && !this.isOver) this.spend(this.#waiting[done++]!);
    this.#waiting.splice(0, done);
    if (this.#waiting.length > 0) this.#turnLater();
  }
}
