import type { Literal } from './literal.ts';

/**
 * Bytes that grow at their end. Who writes many at once reserves the room and then goes by `bytes` and
 * `length`.
 */
export class ByteBuffer {
  bytes: Uint8Array;
  length = 0;
  #view: DataView;

  constructor(capacity: number) {
    this.bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.bytes.buffer);
  }

  /** What has been written; a view, which the next write may change. */
  get written(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  /** Makes room for so many bytes more. */
  reserve(octets: number): void {
    const needed = this.length + octets;
    if (needed <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    grown.set(this.written);
    this.bytes = grown;
    this.#view = new DataView(grown.buffer);
  }

  /** Bytes `start` to `end` of `from`, which are few: for many, `set` of a typed array is the faster way. */
  append(from: Uint8Array, start: number, end: number): void {
    this.reserve(end - start);
    const { bytes } = this;
    let at = this.length;
    for (let i = start; i < end; i++) bytes[at++] = from[i]!;
    this.length = at;
  }

  /** What lies behind the text, up to eight octets, is overwritten with zeros. */
  appendLiteral({ words, length }: Literal): void {
    this.reserve(words.length * 8);
    const view = this.#view;
    for (let i = 0, at = this.length; i < words.length; i++, at += 8) view.setFloat64(at, words[i]!);
    this.length += length;
  }

  /** Text that is seldom written: it is encoded anew each time. */
  appendText(text: string): void {
    const bytes = encoder.encode(text);
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }
}

const encoder = new TextEncoder();
