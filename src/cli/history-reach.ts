import { writeError } from './standard-error.ts';

/** Reports how far back a history reaches, when that is less than what was asked. Times in milliseconds. */
export function reportReach(oldestMs: number, sinceMs: number): void {
  if (oldestMs > sinceMs)
    writeError(`weir: the history reaches back to ${new Date(oldestMs).toISOString()}\n`);
}
