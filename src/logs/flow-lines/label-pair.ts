import type { ByteBuffer } from '../../flow/index.ts';
import { lengthKey, varintOctets } from './protobuf.ts';

/*
 * LabelPairAdapter of Loki's push.proto, one of an entry's structured metadata:
 *
 *     entry.structuredMetadata (3) | length | name (1) | length | octets | value (2) | length | octets
 */
const METADATA = lengthKey(3);
const NAME = lengthKey(1);
const VALUE = lengthKey(2);
/** Longest value whose length takes one octet, with that of its pair. */
const SHORT = 64;

const encoder = new TextEncoder();

/** Writes pairs of one name. */
export class Pair {
  readonly #name: Uint8Array;

  constructor(name: string) {
    const bytes = encoder.encode(name);
    this.#name = Uint8Array.from([NAME, ...varintOctets(bytes.length), ...bytes, VALUE]);
  }

  write(into: ByteBuffer, value: Uint8Array): void {
    const name = this.#name;
    const length = Uint8Array.from(varintOctets(value.length));
    const head = Uint8Array.from([METADATA, ...varintOctets(name.length + length.length + value.length)]);
    for (const piece of [head, name, length, value]) into.append(piece, 0, piece.length);
  }
}

export const writePair = (into: ByteBuffer, name: string, value: string): void =>
  new Pair(name).write(into, encoder.encode(value));

/**
 * Writes pairs of one name whose values are short ASCII, such as addresses and numbers, written by `write`.
 */
export class ShortPair {
  readonly #head: Uint8Array;

  constructor(name: string) {
    const bytes = encoder.encode(name);
    this.#head = Uint8Array.from([METADATA, 0, NAME, bytes.length, ...bytes, VALUE, 0]);
  }

  /** @returns where `close` must continue */
  open(into: ByteBuffer): number {
    into.append(this.#head, 0, this.#head.length);
    into.reserve(SHORT);
    return into.length;
  }

  /** Fills in the lengths of the content since `open`. */
  close(into: ByteBuffer, from: number): void {
    const length = into.length - from;
    into.bytes[from - 1] = length;
    into.bytes[from - this.#head.length + 1] = this.#head.length - 2 + length;
  }
}
