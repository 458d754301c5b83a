import { isAscii } from 'node:buffer';
import type { Dictionary } from '../../flow/index.ts';

/**
 * The name of an id as UTF-8. Names may be invalid UTF-8, and Loki would remove U+FFFD, their replacement.
 */
export function loggedName(dictionary: Dictionary, id: number): Uint8Array {
  const start = dictionary.offsets[id]!;
  const bytes = dictionary.bytes.subarray(start, start + dictionary.lengths[id]!);
  return isAscii(bytes) ? bytes : encoder.encode(dictionary.text(id).replaceAll('\ufffd', '?'));
}

const encoder = new TextEncoder();
