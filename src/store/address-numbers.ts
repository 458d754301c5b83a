import { formatAddress, isAbsent } from '../flow/index.ts';

const WORDS = 4;

/** Numbers the different addresses of a file, from 1; 0 is none. */
export class AddressNumbers {
  /** Four words for each number. */
  #words = new Uint32Array(1024 * WORDS);
  /** Numbers by hash. At most half of them are taken. */
  #slots = new Uint32Array(2048);
  /** It keeps a sender from choosing addresses that collide. */
  readonly #seed = (Math.random() * 0x1_0000_0000) | 0;
  #size = 1;
  readonly #given = new Uint32Array(WORDS);

  /** The greatest number, plus 1. */
  get size(): number {
    return this.#size;
  }

  numberOf(words: Uint32Array, at: number): number {
    if (isAbsent(words, at)) return 0;
    const mask = this.#slots.length - 1;
    let slot = this.#hashOf(words, at) & mask;
    for (let number = this.#slots[slot]!; number !== 0; number = this.#slots[slot]!) {
      if (this.#isAt(number, words, at)) return number;
      slot = (slot + 1) & mask;
    }
    this.#slots[slot] = this.#size;
    return this.#add(words, at);
  }

  /** @param octets sixteen in network order; null is no address */
  numberOfOctets(octets: Uint8Array | null): number {
    if (octets === null) return 0;
    setAddress(this.#given, 0, octets);
    return this.numberOf(this.#given, 0);
  }

  /** Sixteen octets in network order. */
  octetsOf(number: number): Uint8Array {
    const octets = new Uint8Array(4 * WORDS);
    const view = new DataView(octets.buffer);
    for (let i = 0; i < WORDS; i++) view.setUint32(4 * i, this.#words[number * WORDS + i]!);
    return octets;
  }

  textOf(number: number): string {
    return formatAddress(this.#words, number * WORDS);
  }

  #isAt(number: number, words: Uint32Array, at: number): boolean {
    const own = number * WORDS;
    return (
      this.#words[own + 3] === words[at + 3] &&
      this.#words[own + 2] === words[at + 2] &&
      this.#words[own + 1] === words[at + 1] &&
      this.#words[own] === words[at]
    );
  }

  #add(words: Uint32Array, at: number): number {
    const number = this.#size++;
    if (this.#size * WORDS > this.#words.length) {
      const grown = new Uint32Array(this.#words.length * 2);
      grown.set(this.#words);
      this.#words = grown;
    }
    this.#words.set(words.subarray(at, at + WORDS), number * WORDS);
    if (this.#size * 2 > this.#slots.length) this.#growSlots();
    return number;
  }

  #growSlots(): void {
    const slots = new Uint32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let number = 1; number < this.#size; number++) {
      let slot = this.#hashOf(this.#words, number * WORDS) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = number;
    }
    this.#slots = slots;
  }

  #hashOf(words: Uint32Array, at: number): number {
    let hash = this.#seed;
    for (let i = 0; i < WORDS; i++) {
      hash = Math.imul(hash ^ words[at + i]!, 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    hash = Math.imul(hash, 0x85ebca6b);
    return (hash ^ (hash >>> 13)) >>> 0;
  }
}

/** Sets the words of an address. @param octets sixteen in network order */
export function setAddress(words: Uint32Array, at: number, octets: Uint8Array): void {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  for (let i = 0; i < WORDS; i++) words[at + i] = view.getUint32(4 * i);
}
