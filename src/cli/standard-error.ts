import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { isStreamed, printableLines } from '../runtime/index.ts';

/*
 * Standard error carries all that is not data. A full disk, a closed pipe or a lost terminal costs what
 * cannot be written then, and nothing else.
 */

const isStream = isStreamed(2);

if (isStream) process.stderr.on('error', () => {}); // each write tells by itself

/**
 * Writes lines, with nothing in them that a terminal would obey.
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

/** Settles when standard error has room for more, or takes nothing any longer. */
export function errorRoom(): Promise<unknown> | undefined {
  const isFull = isStream && process.stderr.writableNeedDrain;
  return isFull ? once(process.stderr, 'drain').catch(() => {}) : undefined;
}
