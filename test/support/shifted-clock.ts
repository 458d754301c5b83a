import { type Clock, systemClock } from '../../src/runtime/index.ts';

/** A clock that runs as the system's does, and says that it is so much later from when a test tells it to. */
export class ShiftedClock implements Clock {
  shiftMs = 0;
  readonly after = systemClock.after;
  readonly every = systemClock.every;

  now(): number {
    return systemClock.now() + this.shiftMs;
  }
}
