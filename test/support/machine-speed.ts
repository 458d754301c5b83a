import { threadTimeMs } from './thread-time.ts';

/** What `work` takes on the machine for which limits are written, when nothing else runs on it. */
const USUAL_MS = 1.7;
const RUNS = 5;

/**
 * How many times as much processor time as usual this thread needs for the same work, at least 1. A shared
 * processor needs more while its neighbours use its caches, its memory and its other thread.
 */
export function slowness(): number {
  let leastMs = Number.POSITIVE_INFINITY;
  for (let run = 0; run < RUNS; run++) {
    const beforeMs = threadTimeMs();
    work();
    leastMs = Math.min(leastMs, threadTimeMs() - beforeMs);
  }
  return Math.max(1, leastMs / USUAL_MS);
}

/** Reads octets, makes objects, and looks them up, as decoding does. */
function work(): number {
  const octets = new Uint8Array(20_000);
  const values = new Map<number, { readonly octet: number }>();
  for (let i = 0; i < octets.length; i++) {
    octets[i] = i * 7;
    values.set(i, { octet: octets[i]! });
  }
  let sum = 0;
  for (let i = 0; i < octets.length; i++) sum += values.get((i * 7_919) % octets.length)!.octet;
  return sum;
}
