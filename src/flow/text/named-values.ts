import type { Dictionary } from '../dictionary.ts';
import { ByteBuffer } from './byte-buffer.ts';

/**
 * The encoded form of names, made once for each name of a dictionary. Writing a name then copies some octets.
 */
export class NamedValues {
  readonly #encode: (dictionary: Dictionary, id: number, into: ByteBuffer) => void;
  readonly #encoded = new ByteBuffer(4096);
  /** By id: one plus the offset of the first octet, and the offset of the end. */
  #starts = new Uint32Array(256);
  #ends = new Uint32Array(256);
  #dictionary: Dictionary | undefined;

  /** @param encode writes the encoded name of an id, or nothing */
  constructor(encode: (dictionary: Dictionary, id: number, into: ByteBuffer) => void) {
    this.#encode = encode;
  }

  /** Must be called before rows of another batch. */
  bind(dictionary: Dictionary): void {
    if (dictionary !== this.#dictionary) {
      this.#dictionary = dictionary;
      this.#starts.fill(0);
      this.#encoded.length = 0;
    }
    if (dictionary.size > this.#starts.length) {
      this.#starts = grownCopyOf(this.#starts, dictionary.size);
      this.#ends = grownCopyOf(this.#ends, dictionary.size);
    }
  }

  append(id: number, into: ByteBuffer): void {
    if (this.#starts[id] === 0) this.#add(id);
    into.append(this.#encoded.bytes, this.#starts[id]! - 1, this.#ends[id]!);
  }

  #add(id: number): void {
    this.#starts[id] = this.#encoded.length + 1;
    this.#encode(this.#dictionary!, id, this.#encoded);
    this.#ends[id] = this.#encoded.length;
  }
}

function grownCopyOf(array: Uint32Array<ArrayBuffer>, least: number): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(Math.max(least, array.length * 2));
  larger.set(array);
  return larger;
}
