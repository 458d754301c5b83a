import { FakeClock } from './fake-clock.ts';

/** A clock whose regular timers run only when a test says so: a process that stands still misses them. */
export class BeatenClock extends FakeClock {
  readonly #callbacks = new Set<() => void>();

  override every(_periodMs: number, callback: () => void): () => void {
    this.#callbacks.add(callback);
    return () => this.#callbacks.delete(callback);
  }

  /** Each timer runs once. */
  beat(): void {
    for (const callback of [...this.#callbacks]) callback();
  }

  /** Whoever had timers is dead. */
  kill(): void {
    this.#callbacks.clear();
  }
}
