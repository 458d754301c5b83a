/**
 * Finds rows by their tuple of words, which the owner keeps in an array, row r at `tuples[r * width]`. Open
 * addressing with linear probing; it compares tuples, never only hashes.
 */
export class TupleIndex {
  readonly #width: number;
  /** Row + 1; 0 means free. At most two thirds are taken. */
  #slots: Int32Array;
  #entries = 0;

  constructor(width: number, rows = 64) {
    this.#width = width;
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(Math.max(64, rows * FULL))));
  }

  /** The row with the tuple at `words[at…]`; -1 when there is none. */
  find(tuples: Uint32Array, words: Uint32Array, at: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    const width = this.#width;
    for (let slot = hashOf(words, at, width) & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const row = slots[slot]! - 1;
      if (isTupleAt(tuples, row * width, words, at, width)) return row;
    }
    return -1;
  }

  /** Adds a row whose tuple is in the array and not yet in the index. */
  add(tuples: Uint32Array, row: number): void {
    if (++this.#entries * FULL > this.#slots.length) this.#grow(tuples);
    this.#insert(tuples, row);
  }

  remove(tuples: Uint32Array, row: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    const width = this.#width;
    let hole = hashOf(tuples, row * width, width) & mask;
    while (slots[hole] !== row + 1) {
      if (slots[hole] === 0) return;
      hole = (hole + 1) & mask;
    }
    this.#entries--;
    // Entries behind the hole move up, unless that would place them before their home.
    for (let at = (hole + 1) & mask; slots[at] !== 0; at = (at + 1) & mask) {
      const home = hashOf(tuples, (slots[at]! - 1) * width, width) & mask;
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      slots[hole] = slots[at]!;
      hole = at;
    }
    slots[hole] = 0;
  }

  /** Empties the index, so that rows can be added again after their tuples have changed. */
  clear(): void {
    this.#slots.fill(0);
    this.#entries = 0;
  }

  #grow(tuples: Uint32Array): void {
    const old = this.#slots;
    this.#slots = new Int32Array(old.length * 2);
    for (const entry of old) if (entry !== 0) this.#insert(tuples, entry - 1);
  }

  #insert(tuples: Uint32Array, row: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = hashOf(tuples, row * this.#width, this.#width) & mask;
    while (slots[slot] !== 0) slot = (slot + 1) & mask;
    slots[slot] = row + 1;
  }
}

/** Minimum slots for each entry. */
const FULL = 1.5;

/** Keeps outsiders from choosing names that collide. */
const seed = (Math.random() * 0x1_0000_0000) | 0;

function hashOf(words: Uint32Array, at: number, width: number): number {
  let hash = seed;
  for (let i = 0; i < width; i++) {
    hash = Math.imul(hash ^ words[at + i]!, 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash, 0x85ebca6b);
  return hash ^ (hash >>> 13);
}

function isTupleAt(
  tuples: Uint32Array,
  start: number,
  words: Uint32Array,
  at: number,
  width: number,
): boolean {
  for (let i = 0; i < width; i++) if (tuples[start + i] !== words[at + i]) return false;
  return true;
}
