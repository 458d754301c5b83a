import { type Clock, systemClock } from '../../src/runtime/index.ts';

/** A clock that runs like the system's, and jumps ahead when a test asks for it. */
export class ShiftedClock implements Clock {
  shiftMs: number;
  readonly after = systemClock.after;
  readonly every = systemClock.every;

  constructor(shiftMs = 0) {
    this.shiftMs = shiftMs;
  }

  now(): number {
    return systemClock.now() + this.shiftMs;
  }

  monotonic(): number {
    return systemClock.monotonic() + this.shiftMs;
  }

  wallAt(monotonicMs: number): number {
    return systemClock.wallAt(monotonicMs);
  }
}
