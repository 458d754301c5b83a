import { isUtf8 } from 'node:buffer';
import type { Dictionary } from '../../flow/index.ts';
import type { TextBuffer } from './text-buffer.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const NEWLINE = 0x0a;

const UNKNOWN = 0;
const PLAIN = 1;
const SPECIAL = 2;

/**
 * Label values as they stand between quotes in the text formats. Nearly all are copied as they are; whether
 * one can be is determined once for each string of a dictionary.
 */
export class LabelText {
  readonly #dictionary: Dictionary;
  /** By id. */
  #kinds = new Uint8Array(1024);

  constructor(dictionary: Dictionary) {
    this.#dictionary = dictionary;
  }

  write(into: TextBuffer, id: number): void {
    const { bytes, offsets, lengths } = this.#dictionary;
    if (this.#kindOf(id) === PLAIN) into.octets(bytes, offsets[id]!, lengths[id]!);
    else into.text(escapeLabelValue(decoder.decode(this.#octetsOf(id))));
  }

  /** The value as text. */
  text(id: number): string {
    return decoder.decode(this.#octetsOf(id));
  }

  #kindOf(id: number): number {
    if (id >= this.#kinds.length) {
      const grown = new Uint8Array(Math.max(id + 1, this.#kinds.length * 2));
      grown.set(this.#kinds);
      this.#kinds = grown;
    }
    if (this.#kinds[id] === UNKNOWN) this.#kinds[id] = isPlain(this.#octetsOf(id)) ? PLAIN : SPECIAL;
    return this.#kinds[id]!;
  }

  #octetsOf(id: number): Uint8Array {
    const { bytes, offsets, lengths } = this.#dictionary;
    return bytes.subarray(offsets[id]!, offsets[id]! + lengths[id]!);
  }
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Escapes a value as both formats require it. */
export function escapeLabelValue(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

/**
 * Whether the octets may stand between quotes: nothing to escape, and UTF-8. (One invalid value makes
 * Prometheus refuse the whole scrape.)
 */
function isPlain(octets: Uint8Array): boolean {
  for (const octet of octets) if (octet === QUOTE || octet === BACKSLASH || octet === NEWLINE) return false;
  return isUtf8(octets);
}
