import type { Literal } from './literal.ts';

/** Bytes that grow at their end. A caller that writes many reserves room, then uses `bytes` and `length`. */
export class ByteBuffer {
  bytes: Uint8Array;
  length = 0;
  #view: DataView;

  constructor(capacity: number) {
    this.bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.bytes.buffer);
  }

  /** The bytes written; a view, which the next write may change. */
  get written(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  /** Makes room for this many bytes more. */
  reserve(octets: number): void {
    const needed = this.length + octets;
    if (needed <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    grown.set(this.written);
    this.bytes = grown;
    this.#view = new DataView(grown.buffer);
  }

  /** Appends bytes `start` to `end` of `from`. For a few bytes; `set` of a typed array is faster for many. */
  append(from: Uint8Array, start: number, end: number): void {
    this.reserve(end - start);
    const { bytes } = this;
    let at = this.length;
    for (let i = start; i < end; i++) bytes[at++] = from[i]!;
    this.length = at;
  }

  /** Overwrites up to eight octets behind the text with zeros. */
  appendLiteral({ words, length }: Literal): void {
    this.reserve(words.length * 8);
    const view = this.#view;
    for (let i = 0, at = this.length; i < words.length; i++, at += 8) view.setFloat64(at, words[i]!);
    this.length += length;
  }

  /** Appends text that is rarely written: it is encoded each time. */
  appendText(text: string): void {
    const bytes = encoder.encode(text);
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }
}

const encoder = new TextEncoder();
