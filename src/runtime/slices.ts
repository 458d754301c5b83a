import { setImmediate as nextTurn } from 'node:timers/promises';

/** Maximum time of a slice. */
const SLICE_MS = 10;

/**
 * Divides long work into slices, so that other work of the event loop runs between them. The work asks
 * `isOver` every few steps and then awaits `next`.
 */
export class Slices {
  #endMs = performance.now() + SLICE_MS;

  /** Whether this slice's time is used up. */
  get isOver(): boolean {
    return performance.now() >= this.#endMs;
  }

  /** Resolves when the next slice begins. */
  async next(): Promise<void> {
    await nextTurn();
    this.#endMs = performance.now() + SLICE_MS;
  }
}
