/**
 * Maximum octets of a flow's name. Names in Kubernetes have at most 253; a Pod's labels together may be
 * longer.
 */
export const MAX_NAME_OCTETS = 4096;

/**
 * Strings as small integers. It keeps the bytes as they arrived: UTF-8 by RFC 7011, but bytes that are not
 * valid UTF-8 pass through Weir unchanged.
 *
 * Append-only: an id always means the same bytes, so neighbouring batches may share a dictionary. Its owner
 * watches `size` and `octets` and starts a new one now and then. The old one dies with the last batch that
 * refers to it, so names that churn cannot grow the process.
 *
 * Id 0 is the empty string. Look-up is open addressing over a seeded hash; it compares bytes, never only
 * hashes.
 */
export class Dictionary {
  /** Its own number in this thread, from 1. */
  readonly number = ++dictionaries;
  /** The bytes of all strings, one after another: string `id` is `lengths[id]` bytes at `offsets[id]`. */
  bytes = new Uint8Array(4096);
  offsets = new Uint32Array(64);
  lengths = new Uint32Array(64);
  #hashes = new Uint32Array(64);
  /** A slot holds an id, or 0 when it is free. At most half of them are taken. */
  #slots = new Int32Array(128);
  #texts: (string | undefined)[] = [''];
  #view = new DataView(this.bytes.buffer);
  /** The array that the last string came from: the next string is nearly always in the same one. */
  #source = this.bytes;
  #sourceView = this.#view;
  readonly #seed = (Math.random() * 0x1_0000_0000) | 0;
  readonly #longest: number;
  #size = 1;
  #octets = 0;
  /** How many strings were cut because they were too long. The reader may reset it. */
  cut = 0;

  /** @param longest maximum bytes of a string; a longer one is cut before the character that does not fit */
  constructor(longest = Number.POSITIVE_INFINITY) {
    this.#longest = longest;
  }

  /** Number of ids given out, the empty string included. */
  get size(): number {
    return this.#size;
  }

  /** Bytes held. */
  get octets(): number {
    return this.#octets;
  }

  /** Id of the `length` bytes of `from` at `offset`, which must lie within it. */
  intern(from: Uint8Array, offset: number, length: number): number {
    if (length === 0) return 0;
    if (length > this.#longest) return this.#internCut(from, offset);
    const view = this.#viewFor(from);
    const hash = hashOf(this.#seed, from, view, offset, length);
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (let id = this.#slots[slot]!; id !== 0; id = this.#slots[slot]!) {
      if (this.#hashes[id] === hash && this.lengths[id] === length && this.#equals(id, from, view, offset)) {
        return id;
      }
      slot = (slot + 1) & mask;
    }
    return this.#add(from, offset, length, hash, slot);
  }

  /**
   * Whether string `id` is the `length` bytes of `from` at `offset`, which are at least one. An id from
   * another dictionary does no harm.
   */
  isSame(id: number, from: Uint8Array, offset: number, length: number): boolean {
    return this.lengths[id] === length && this.#equals(id, from, this.#viewFor(from), offset);
  }

  internText(text: string): number {
    if (text === '') return 0;
    const bytes = encoder.encode(text);
    return this.intern(bytes, 0, bytes.length);
  }

  /** Id of a string that is already here; undefined when it is not. */
  find(text: string): number | undefined {
    const bytes = encoder.encode(text);
    return this.findBytes(bytes, 0, bytes.length);
  }

  /** Id of the `length` bytes of `from` at `offset` if they are already here. */
  findBytes(from: Uint8Array, offset: number, length: number): number | undefined {
    if (length === 0) return 0;
    const view = this.#viewFor(from);
    const hash = hashOf(this.#seed, from, view, offset, length);
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; this.#slots[slot] !== 0; slot = (slot + 1) & mask) {
      const id = this.#slots[slot]!;
      if (this.#hashes[id] === hash && this.lengths[id] === length && this.#equals(id, from, view, offset)) {
        return id;
      }
    }
    return undefined;
  }

  /** The string as text; bytes that are not UTF-8 show as U+FFFD. */
  text(id: number): string {
    const known = this.#texts[id];
    if (known !== undefined) return known;
    const start = this.offsets[id]!;
    const text = decoder.decode(this.bytes.subarray(start, start + this.lengths[id]!));
    this.#texts[id] = text;
    return text;
  }

  /** Interns a string that is too long: its longest prefix of whole characters within the limit. */
  #internCut(from: Uint8Array, offset: number): number {
    let end = offset + this.#longest;
    const least = end - LONGEST_CHARACTER;
    while (end > least && (from[end]! & 0xc0) === 0x80) end--;
    this.cut++;
    return this.intern(from, offset, end - offset);
  }

  #viewFor(from: Uint8Array): DataView {
    if (from !== this.#source) {
      this.#source = from as Uint8Array<ArrayBuffer>;
      this.#sourceView = new DataView(from.buffer, from.byteOffset, from.length) as DataView<ArrayBuffer>;
    }
    return this.#sourceView;
  }

  #equals(id: number, from: Uint8Array, view: DataView, offset: number): boolean {
    const own = this.#view;
    const start = this.offsets[id]!;
    const length = this.lengths[id]!;
    if (length < 4) {
      for (let i = 0; i < length; i++) if (this.bytes[start + i] !== from[offset + i]) return false;
      return true;
    }
    const last = length - 4;
    for (let i = 0; i < last; i += 4) {
      if (own.getInt32(start + i, true) !== view.getInt32(offset + i, true)) return false;
    }
    return own.getInt32(start + last, true) === view.getInt32(offset + last, true);
  }

  #add(from: Uint8Array, offset: number, length: number, hash: number, slot: number): number {
    const id = this.#size++;
    if (id === this.offsets.length) this.#growIds();
    if (this.#octets + length > this.bytes.length) this.#growBytes(this.#octets + length);
    this.bytes.set(from.subarray(offset, offset + length), this.#octets);
    this.offsets[id] = this.#octets;
    this.lengths[id] = length;
    this.#octets += length;
    this.#hashes[id] = hash;
    this.#slots[slot] = id;
    if (this.#size * 2 > this.#slots.length) this.#growSlots();
    return id;
  }

  #growIds(): void {
    this.offsets = doubledCopyOf(this.offsets);
    this.lengths = doubledCopyOf(this.lengths);
    this.#hashes = doubledCopyOf(this.#hashes);
  }

  #growBytes(needed: number): void {
    const bytes = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    bytes.set(this.bytes);
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }

  #growSlots(): void {
    const slots = new Int32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let id = 1; id < this.#size; id++) {
      let slot = this.#hashes[id]! & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = id;
    }
    this.#slots = slots;
  }
}

/**
 * Reads four bytes at a time; the last four overlap those before. The seed keeps an exporter from choosing
 * names that collide.
 */
function hashOf(seed: number, from: Uint8Array, view: DataView, offset: number, length: number): number {
  let hash = seed ^ length;
  const last = offset + length - 4;
  if (length < 4) {
    for (let at = offset; at < offset + length; at++) hash = mixWord(hash, from[at]!);
  } else {
    for (let at = offset; at < last; at += 4) hash = mixWord(hash, view.getInt32(at, true));
    hash = mixWord(hash, view.getInt32(last, true));
  }
  hash = Math.imul(hash, 0x85ebca6b);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function mixWord(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}

let dictionaries = 0;

/** Continuation bytes of the longest UTF-8 character. */
const LONGEST_CHARACTER = 3;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function doubledCopyOf(array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const grown = new Uint32Array(array.length * 2);
  grown.set(array);
  return grown;
}
