import { setTimeout as delay } from 'node:timers/promises';

export interface Patience {
  /** Default 120,000, since a busy machine starts programs slowly. */
  timeoutMs?: number;
  /** Pause between two attempts, default 20. */
  everyMs?: number;
}

/**
 * Repeats `condition` until it returns something other than undefined, null or false, and returns that.
 * Throws after `timeoutMs` with `what`, which completes the sentence "waited … for …".
 */
export async function until<T>(
  what: string,
  condition: () => T | Promise<T>,
  { timeoutMs = 120_000, everyMs = 20 }: Patience = {},
): Promise<Exclude<T, undefined | null | false>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const found = await condition();
    if (found !== undefined && found !== null && found !== false) {
      return found as Exclude<T, undefined | null | false>;
    }
    if (performance.now() >= deadline) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`);
    await delay(everyMs);
  }
}
