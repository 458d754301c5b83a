/** The only way in which components know the time, so that a test can be the time. */
export interface Clock {
  /** Milliseconds since 1970, with a fraction. */
  now(): number;
  /** Calls back once after `delayMs`. The result cancels it. */
  after(delayMs: number, callback: () => void): () => void;
  /** Calls back each `periodMs`. The result ends it. */
  every(periodMs: number, callback: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
  every(periodMs, callback) {
    const timer = setInterval(callback, periodMs);
    return () => clearInterval(timer);
  },
};
