/**
 * Rows by the hash of their key: open addressing with linear probing. Several rows may have equal hashes or
 * equal keys, and a row may be in the index under two keys; the caller compares keys.
 *
 *     for (let row = index.first(hash); row >= 0; row = index.next()) …
 *
 * There is one such walk at a time, and nothing may be added or removed during it.
 */
export class FlowIndex {
  /** Pairs: hash, row + 1 (0 for a free slot). */
  #slots = new Int32Array(2 * 1024);
  #mask = this.#slots.length - 1;
  #entries = 0;
  #hash = 0;
  #at = 0;

  get memoryOctets(): number {
    return this.#slots.byteLength;
  }

  first(hash: number): number {
    this.#hash = hash;
    this.#at = (hash << 1) & this.#mask;
    return this.next();
  }

  next(): number {
    const slots = this.#slots;
    const mask = this.#mask;
    const hash = this.#hash;
    let at = this.#at;
    for (;;) {
      const entry = slots[at + 1]!;
      if (entry === 0) return -1;
      const found = slots[at] === hash;
      at = (at + 2) & mask;
      if (found) {
        this.#at = at;
        return entry - 1;
      }
    }
  }

  add(hash: number, row: number): void {
    if (this.#entries * MOST_FULL > this.#slots.length / 2) this.#grow();
    this.#entries++;
    insertEntry(this.#slots, this.#mask, hash, row + 1);
  }

  remove(hash: number, row: number): void {
    const slots = this.#slots;
    const mask = this.#mask;
    let hole = (hash << 1) & mask;
    while (slots[hole + 1] !== row + 1 || slots[hole] !== hash) {
      if (slots[hole + 1] === 0) return;
      hole = (hole + 2) & mask;
    }
    this.#entries--;
    // Entries behind the hole move up, unless that would place them before their home.
    for (let at = (hole + 2) & mask; slots[at + 1] !== 0; at = (at + 2) & mask) {
      const home = (slots[at]! << 1) & mask;
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      slots[hole] = slots[at]!;
      slots[hole + 1] = slots[at + 1]!;
      hole = at;
    }
    slots[hole + 1] = 0;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(old.length * 2);
    this.#mask = this.#slots.length - 1;
    for (let at = 0; at < old.length; at += 2) {
      if (old[at + 1] !== 0) insertEntry(this.#slots, this.#mask, old[at]!, old[at + 1]!);
    }
  }
}

/** Minimum slots for each entry: when four fifths are taken, a walk still stays within two cache lines. */
const MOST_FULL = 1.25;

function insertEntry(slots: Int32Array, mask: number, hash: number, entry: number): void {
  let at = (hash << 1) & mask;
  while (slots[at + 1] !== 0) at = (at + 2) & mask;
  slots[at] = hash;
  slots[at + 1] = entry;
}
