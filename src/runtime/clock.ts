import { uptime } from 'node:os';

/**
 * The only way in which components know the time, so that a test can be the time.
 *
 * There are two times. The wall clock is for what is told: the times in records, lines and headers. Somebody
 * may set it, both ways. The monotonic clock is for what is waited for: timeouts, ages, rates, durations.
 * What is kept for longer than a moment is kept by the monotonic clock, and becomes a wall time when it is
 * told.
 */
export interface Clock {
  /** The host's clock: milliseconds since 1970, with a fraction. */
  now(): number;
  /**
   * Milliseconds since some moment in the past, with a fraction. Never goes back, whatever is set; goes on
   * while the host is suspended.
   */
  monotonic(): number;
  /**
   * The wall time of a moment of the monotonic clock, as the host's clock is set now. `wallAt(0)` is the
   * difference of the two clocks.
   */
  wallAt(monotonicMs: number): number;
  /** Calls back once after `delayMs`. The result cancels it. */
  after(delayMs: number, callback: () => void): () => void;
  /** Calls back each `periodMs`. The result ends it. */
  every(periodMs: number, callback: () => void): () => void;
}

/** What an operating system tells of the time. */
export interface TimeSource {
  /** Milliseconds since 1970 by the host's clock, without a fraction. */
  readonly wall: () => number;
  /** Milliseconds of running time: stands still while the host is suspended. */
  readonly running: () => number;
  /** Milliseconds since the host was started, suspended time included. It may be coarse. */
  readonly sinceBoot: () => number;
  /** `wall() - running()` at the start, with a fraction. */
  readonly difference: number;
}

/**
 * Between two steps the wall clock and the monotonic one run alike: the kernel slews both. Only the
 * millisecond's fraction is not seen.
 */
const TOLERANCE_MS = 2;
/** The hardware's clock, which tells how long a host was suspended, counts seconds. */
const SUSPENSION_TOLERANCE_MS = 2_000;

/**
 * The clock of a host. It looks at each use whether the wall clock still agrees with the monotonic one. If it
 * does not, the host was suspended, and both have gone on; or somebody has set the wall clock, and only the
 * difference of the two is another one.
 */
export class SystemClock implements Clock {
  readonly #source: TimeSource;
  #suspendedMs = 0;
  #sleepBeforeMs: number;
  #differenceMs: number;

  constructor(source: TimeSource) {
    this.#source = source;
    this.#differenceMs = source.difference;
    this.#sleepBeforeMs = this.#sleepMs();
  }

  now(): number {
    return this.#look() + this.#differenceMs;
  }

  monotonic(): number {
    return this.#look();
  }

  wallAt(monotonicMs: number): number {
    this.#look();
    return monotonicMs + this.#differenceMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  }

  every(periodMs: number, callback: () => void): () => void {
    const timer = setInterval(callback, periodMs);
    return () => clearInterval(timer);
  }

  /**
   * The monotonic time. The thread may wait between two readings, so the wall clock is compared with the time
   * before it and after it.
   */
  #look(): number {
    const { wall, running } = this.#source;
    const before = running() + this.#suspendedMs;
    const wallMs = wall();
    const after = running() + this.#suspendedMs;
    const ahead = wallMs - this.#differenceMs;
    if (ahead < before - 1 - TOLERANCE_MS) this.#step(wallMs, ahead - before);
    else if (ahead > after + TOLERANCE_MS) this.#step(wallMs, ahead - after);
    else return after;
    return running() + this.#suspendedMs;
  }

  /** The wall clock has moved on by so much more than the monotonic one. */
  #step(wallMs: number, byMs: number): void {
    const sleepMs = this.#sleepMs();
    const sleptMs = sleepMs - this.#sleepBeforeMs;
    this.#sleepBeforeMs = sleepMs;
    const wasSuspended = sleptMs > SUSPENSION_TOLERANCE_MS / 10;
    if (wasSuspended && Math.abs(byMs - sleptMs) <= SUSPENSION_TOLERANCE_MS) {
      this.#suspendedMs += Math.max(0, byMs);
      return;
    }
    if (wasSuspended) this.#suspendedMs += sleptMs;
    this.#differenceMs = wallMs - (this.#source.running() + this.#suspendedMs);
  }

  #sleepMs(): number {
    return this.#source.sinceBoot() - this.#source.running();
  }
}

export const systemClock: Clock = new SystemClock({
  wall: Date.now,
  running: () => performance.now(),
  sinceBoot: () => uptime() * 1_000,
  difference: performance.timeOrigin,
});
