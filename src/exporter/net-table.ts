import { readFileSync } from 'node:fs';

/** A table of /proc/net of the calling thread's network namespace; empty where the kernel has none. */
export function readNetTable(name: string): string {
  try {
    return readFileSync(`/proc/thread-self/net/${name}`, 'utf8');
  } catch {
    return '';
  }
}
