import type { Clock } from '../../runtime/index.ts';

/** Settles after the time, or as soon as the signal aborts. */
export function pauseFor(clock: Clock, durationMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = () => {
      cancel();
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const cancel = clock.after(durationMs, finish);
    signal.addEventListener('abort', finish);
  });
}
