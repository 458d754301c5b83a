import type { Clock } from '../../runtime/index.ts';

/** Calls back once, when nothing was heard for a time. */
export class SilenceLimit {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #onSilence: () => void;
  #heardMs: number;
  #cancel = () => {};

  constructor(clock: Clock, limitMs: number, onSilence: () => void) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#onSilence = onSilence;
    this.#heardMs = clock.monotonic();
    this.#wait(limitMs);
  }

  /** Something was heard. Cheap: no timer is set again. */
  heard(): void {
    this.#heardMs = this.#clock.monotonic();
  }

  cancel(): void {
    this.#cancel();
  }

  #wait(durationMs: number): void {
    this.#cancel = this.#clock.after(durationMs, () => {
      const leftMs = this.#heardMs + this.#limitMs - this.#clock.monotonic();
      if (leftMs > 0) this.#wait(leftMs);
      else this.#onSilence();
    });
  }
}
