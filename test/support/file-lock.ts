import { closeSync, openSync } from 'node:fs';
import koffi from 'koffi';
import { until } from './until.ts';

const LOCK_EX = 2; // flock(2)
const LOCK_NB = 4;

export interface LockOptions {
  /** Called once when another process holds the lock. */
  onWait?: () => void;
  /** How long to wait for it, default an hour. */
  timeoutMs?: number;
}

/**
 * Runs `work` while no other process runs such work with the same file, which is created when missing. The
 * kernel releases the lock when its holder dies, however it dies.
 */
export async function withFileLock<T>(
  file: string,
  work: () => Promise<T>,
  { onWait, timeoutMs = 3_600_000 }: LockOptions = {},
): Promise<T> {
  const flock = koffi.load(null).func('int flock(int fd, int operation)');
  const descriptor = openSync(file, 'w');
  const isOurs = () => flock(descriptor, LOCK_EX | LOCK_NB) === 0;
  try {
    if (!isOurs()) {
      onWait?.();
      await until(`the lock ${file}`, isOurs, { timeoutMs, everyMs: 200 });
    }
    return await work();
  } finally {
    closeSync(descriptor); // releases it
  }
}
