import { threadTimeMs } from '../test/support/thread-time.ts';

/**
 * The cost of some work for the main thread, in CPU time: all of it, and the longest between two turns of the
 * event loop. On an idle machine that equals wall time.
 */
export async function onMainThread(
  work: () => Promise<unknown>,
): Promise<{ cpuMs: number; longestBlockMs: number }> {
  const start = threadTimeMs();
  let longestBlockMs = 0;
  let last = start;
  const noteTurn = () => {
    const now = threadTimeMs();
    longestBlockMs = Math.max(longestBlockMs, now - last);
    last = now;
  };
  const looking = setInterval(noteTurn, 1);
  await work();
  noteTurn();
  clearInterval(looking);
  return { cpuMs: last - start, longestBlockMs };
}
