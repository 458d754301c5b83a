import type { ByteBuffer } from './byte-buffer.ts';
import { lengthKey, varint } from './protobuf.ts';

/*
 * LabelPairAdapter of Loki's push.proto, one of an entry's structured metadata:
 *
 *   entry.structuredMetadata (3) | length | name (1) | length | octets | value (2) | length | octets
 */
const METADATA = lengthKey(3);
const NAME = lengthKey(1);
const VALUE = lengthKey(2);
/** Longest value whose length takes one octet, with its pair's. */
const SHORT = 64;

const encoder = new TextEncoder();

/** U+FFFD, which stands for what was not UTF-8, would be taken out by Loki. */
export function writePair(into: ByteBuffer, name: string, value: string): void {
  const nameBytes = encoder.encode(name);
  const valueBytes = encoder.encode(value.replaceAll('\ufffd', '?'));
  const head = [NAME, ...varint(nameBytes.length), ...nameBytes, VALUE, ...varint(valueBytes.length)];
  const octets = Uint8Array.from([
    METADATA,
    ...varint(head.length + valueBytes.length),
    ...head,
    ...valueBytes,
  ]);
  into.append(octets, 0, octets.length);
}

/** Writes pairs of one name whose values are short ASCII, such as addresses and numbers, written by `write`. */
export class ShortPair {
  readonly #head: Uint8Array;

  constructor(name: string) {
    const bytes = encoder.encode(name);
    this.#head = Uint8Array.from([METADATA, 0, NAME, bytes.length, ...bytes, VALUE, 0]);
  }

  /** @returns where `close` has to go on */
  open(into: ByteBuffer): number {
    into.append(this.#head, 0, this.#head.length);
    into.reserve(SHORT);
    return into.length;
  }

  /** Fills in the lengths of what was written since `open`. */
  close(into: ByteBuffer, from: number): void {
    const length = into.length - from;
    into.bytes[from - 1] = length;
    into.bytes[from - this.#head.length + 1] = this.#head.length - 2 + length;
  }
}
