import { uptime } from 'node:os';

/**
 * Components read the time only from here, so that a test can be the clock.
 * There are two clocks. The wall clock is for what is shown: times in records, lines and headers. Somebody
 * may set it forward or back. The monotonic clock is for what is waited for: timeouts, ages, rates,
 * durations. A moment that is kept is kept in monotonic time, and becomes wall time when it is shown.
 */
export interface Clock {
  /** Wall clock: milliseconds since 1970, with a fraction. */
  now(): number;
  /**
   * Milliseconds since some moment in the past, with a fraction. Never goes back, and includes time
   * suspended.
   */
  monotonic(): number;
  /**
   * The wall time of a monotonic moment, as the host's clock is set now. `wallAt(0)` is the difference of the
   * two clocks.
   */
  wallAt(monotonicMs: number): number;
  /** Calls back once after `delayMs`. Returns a function that cancels it. */
  after(delayMs: number, callback: () => void): () => void;
  /** Calls back every `periodMs`. Returns a function that ends it. */
  every(periodMs: number, callback: () => void): () => void;
}

/** The clocks of an operating system. */
export interface TimeSource {
  /** Wall clock: milliseconds since 1970, without a fraction. */
  readonly wall: () => number;
  /** Milliseconds of running time, without the time that the host was suspended. */
  readonly running: () => number;
  /** Milliseconds since boot, time suspended included. It may be coarse. */
  readonly sinceBoot: () => number;
  /** `wall() - running()` at the start, with a fraction. */
  readonly difference: number;
}

/**
 * Between two steps both clocks run at the same rate: the kernel slews both. They differ only by the fraction
 * that the wall clock lacks.
 */
const TOLERANCE_MS = 2;
/** Nearly 25 days. For a longer time Node calls back at once. So a longer wait takes several timers. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** The time since boot has a resolution of seconds. */
const SUSPENSION_TOLERANCE_MS = 2_000;

/**
 * The clock of a host. At each use it compares the wall clock with the monotonic clock. They disagree when
 * the host was suspended: then both have advanced. Or somebody has set the wall clock: then only their
 * difference has changed.
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
    let timer: NodeJS.Timeout;
    const setTimer = (leftMs: number) => {
      const rest = leftMs - LONGEST_TIMER_MS;
      timer = rest > 0 ? setTimeout(() => setTimer(rest), LONGEST_TIMER_MS) : setTimeout(callback, leftMs);
    };
    setTimer(delayMs);
    return () => clearTimeout(timer);
  }

  every(periodMs: number, callback: () => void): () => void {
    if (periodMs > LONGEST_TIMER_MS) {
      let cancel = () => {};
      const setNext = () => {
        cancel = this.after(periodMs, () => {
          setNext();
          callback();
        });
      };
      setNext();
      return () => cancel();
    }
    const timer = setInterval(callback, periodMs);
    return () => clearInterval(timer);
  }

  /**
   * The monotonic time. The thread may pause between two readings, so the wall clock is compared with the
   * readings before and after it.
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

  /** The wall clock has advanced by `byMs` more than the monotonic clock. */
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
