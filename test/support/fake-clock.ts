import type { Clock } from '../../src/runtime/index.ts';

interface Timer {
  dueMs: number;
  readonly periodMs: number | undefined;
  readonly callback: () => void;
}

/** Start of monotonic clocks here: it is no wall time, so that confusing the two shows. */
const BOOTED_MS = 5_000_000;

/** A clock that stands still until a test advances it. */
export class FakeClock implements Clock {
  #monotonicMs = BOOTED_MS;
  #aheadMs: number;
  readonly #timers = new Set<Timer>();

  constructor(nowMs = Date.UTC(2026, 0, 1)) {
    this.#aheadMs = nowMs - BOOTED_MS;
  }

  now(): number {
    return this.wallAt(this.#monotonicMs);
  }

  monotonic(): number {
    return this.#monotonicMs;
  }

  wallAt(monotonicMs: number): number {
    return monotonicMs + this.#aheadMs;
  }

  /** Sets the host's clock, as `date -s` and NTP do; no time passes. */
  set(byMs: number): void {
    this.#aheadMs += byMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    return this.#add({ dueMs: this.#monotonicMs + Math.max(0, delayMs), periodMs: undefined, callback });
  }

  every(periodMs: number, callback: () => void): () => void {
    return this.#add({ dueMs: this.#monotonicMs + periodMs, periodMs, callback });
  }

  /** Advances time, and runs due callbacks on the way, in order and at their own times. */
  advance(byMs: number): void {
    const end = this.#monotonicMs + byMs;
    for (let next = this.#earliest(); next !== undefined && next.dueMs <= end; next = this.#earliest()) {
      this.#monotonicMs = Math.max(this.#monotonicMs, next.dueMs);
      if (next.periodMs === undefined) this.#timers.delete(next);
      else next.dueMs += next.periodMs;
      next.callback();
    }
    this.#monotonicMs = end;
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
