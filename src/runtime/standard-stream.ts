import { fstatSync } from 'node:fs';
import { isatty } from 'node:tty';

/**
 * Whether standard output (1) or standard error (2) is a pipe, a socket or a terminal, and so best written as
 * a stream. A file is better written directly: a stream accepts nothing after one failure, and a full disk
 * may have room again.
 */
export function isStreamed(descriptor: 1 | 2): boolean {
  try {
    const kind = fstatSync(descriptor);
    return isatty(descriptor) || kind.isFIFO() || kind.isSocket();
  } catch {
    return false; // the descriptor is closed
  }
}
