import type { Clock } from '../runtime/index.ts';

/** A longer wait exceeds a timer. */
const MAX_WAIT_MS = 86_400_000;

/** When recorded messages are due: with their gaps, divided by the speed. */
export class ReplayPace {
  readonly #clock: Clock;
  readonly #speed: number;
  /** The first message: when it was recorded, and when it was sent. */
  #first: { readonly recordedMs: number; readonly sentMs: number } | undefined;

  /** @param speed 2 sends in half the time, Infinity without gaps */
  constructor(clock: Clock, speed: number) {
    this.#clock = clock;
    this.#speed = speed;
  }

  /** Resolves when a message of this time is due, or with `stop`. */
  async until(recordedMs: number, stop: Promise<void>): Promise<void> {
    this.#first ??= { recordedMs, sentMs: this.#clock.monotonic() };
    const { recordedMs: startMs, sentMs } = this.#first;
    let isStopped = false;
    while (!isStopped) {
      const waitMs = sentMs + (recordedMs - startMs) / this.#speed - this.#clock.monotonic();
      if (!(waitMs > 0)) return;
      isStopped = await this.#wait(Math.min(waitMs, MAX_WAIT_MS), stop);
    }
  }

  /** Whether it was stopped. */
  async #wait(waitMs: number, stop: Promise<void>): Promise<boolean> {
    let cancel = () => {};
    const isOver = new Promise<boolean>((resolve) => {
      cancel = this.#clock.after(waitMs, () => resolve(false));
    });
    try {
      return await Promise.race([isOver, stop.then(() => true)]);
    } finally {
      cancel();
    }
  }
}
