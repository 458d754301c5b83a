import { isAscii } from 'node:buffer';
import type { Dictionary } from '../../flow/index.ts';

/**
 * The name of an id as UTF-8. What came as a name is not always that: U+FFFD, which stands for what is not,
 * would be taken out by Loki.
 */
export function loggedName(dictionary: Dictionary, id: number): Uint8Array {
  const start = dictionary.offsets[id]!;
  const bytes = dictionary.bytes.subarray(start, start + dictionary.lengths[id]!);
  return isAscii(bytes) ? bytes : encoder.encode(dictionary.text(id).replaceAll('\ufffd', '?'));
}

const encoder = new TextEncoder();
