import type { Clock } from '../../src/runtime/index.ts';

interface Timer {
  dueMs: number;
  readonly periodMs: number | undefined;
  readonly callback: () => void;
}

/** A clock that stands still until a test moves it. */
export class FakeClock implements Clock {
  #nowMs: number;
  readonly #timers = new Set<Timer>();

  constructor(nowMs = Date.UTC(2026, 0, 1)) {
    this.#nowMs = nowMs;
  }

  now(): number {
    return this.#nowMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    return this.#add({ dueMs: this.#nowMs + Math.max(0, delayMs), periodMs: undefined, callback });
  }

  every(periodMs: number, callback: () => void): () => void {
    return this.#add({ dueMs: this.#nowMs + periodMs, periodMs, callback });
  }

  /** Moves time on, calling back whatever falls due on the way, in order and at its own time. */
  advance(byMs: number): void {
    const end = this.#nowMs + byMs;
    for (let next = this.#earliest(); next !== undefined && next.dueMs <= end; next = this.#earliest()) {
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      if (next.periodMs === undefined) this.#timers.delete(next);
      else next.dueMs += next.periodMs;
      next.callback();
    }
    this.#nowMs = end;
  }

  #add(timer: Timer): () => void {
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  #earliest(): Timer | undefined {
    let earliest: Timer | undefined;
    for (const timer of this.#timers) {
      if (earliest === undefined || timer.dueMs < earliest.dueMs) earliest = timer;
    }
    return earliest;
  }
}
