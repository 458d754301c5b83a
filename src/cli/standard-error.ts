import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { isStreamed, printableLines } from '../runtime/index.ts';

/*
 * Standard error carries everything that is not data. A full disk, a closed pipe or a lost terminal loses the
 * lines of that time, and nothing else.
 */

const isStream = isStreamed(2);

if (isStream) process.stderr.on('error', () => {}); // each write reports its own error

/**
 * Writes lines that are safe for a terminal.
 * @param onLost called when they could not be written
 */
export function writeError(lines: string, onLost: () => void = () => {}): void {
  const text = printableLines(lines);
  if (isStream) {
    process.stderr.write(text, (error) => error && onLost());
    return;
  }
  try {
    writeSync(2, text);
  } catch {
    onLost();
  }
}

/** Resolves when standard error has room for more, or has failed. */
export function errorRoom(): Promise<unknown> | undefined {
  const isFull = isStream && process.stderr.writableNeedDrain;
  return isFull ? once(process.stderr, 'drain').catch(() => {}) : undefined;
}
