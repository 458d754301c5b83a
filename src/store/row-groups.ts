import { FileArrays } from './parquet/index.ts';

/** Groups of rows that have the same words. */
export class RowGroups {
  readonly #arrays: FileArrays;
  readonly #columns: readonly Uint32Array[];
  readonly #rowHashes: Uint32Array;
  readonly #words: Uint32Array;
  /** The words of each group, one group after another. */
  #keys: Uint32Array;
  /** Numbers of groups by hash, plus 1; 0 is free. At most half of them are taken. */
  #slots: Uint32Array;
  #hashes: Uint32Array;
  /** It keeps a sender from choosing values that collide. */
  readonly #seed = (Math.random() * 0x1_0000_0000) | 0;
  #size = 0;

  /** @param columns the words of all rows, which stay as they are; without any, all rows are one group */
  constructor(columns: readonly Uint32Array[], rows: number, arrays = new FileArrays()) {
    this.#arrays = arrays;
    this.#rowHashes = arrays.words(rows).fill(this.#seed);
    for (const column of columns) mixColumn(this.#rowHashes, column);
    this.#columns = columns;
    this.#words = new Uint32Array(columns.length);
    this.#keys = arrays.words(4096 * columns.length);
    this.#hashes = arrays.words(4096);
    this.#slots = arrays.words(8192).fill(0);
  }

  get size(): number {
    return this.#size;
  }

  /** The number of a row's group, from 0. */
  groupOf(row: number): number {
    const [columns, words, slots, keys] = [this.#columns, this.#words, this.#slots, this.#keys];
    const width = words.length;
    const hash = Math.imul(this.#rowHashes[row]!, 0x85ebca6b) >>> 0;
    for (let i = 0; i < width; i++) words[i] = columns[i]![row]!;
    const mask = slots.length - 1;
    let slot = (hash ^ (hash >>> 16)) & mask;
    for (let number = slots[slot]!; number !== 0; number = slots[slot]!) {
      if (this.#hashes[number - 1] === hash && hasWords(keys, (number - 1) * width, words)) return number - 1;
      slot = (slot + 1) & mask;
    }
    return this.#add(hash, slot);
  }

  /** The words of one column, group by group. */
  wordsOf(column: number): Uint32Array {
    const width = this.#words.length;
    const words = this.#arrays.words(this.#size);
    for (let group = 0; group < words.length; group++) words[group] = this.#keys[group * width + column]!;
    return words;
  }

  #add(hash: number, slot: number): number {
    const group = this.#size++;
    if (group === this.#hashes.length) this.#grow();
    this.#keys.set(this.#words, group * this.#words.length);
    this.#hashes[group] = hash;
    this.#slots[slot] = this.#size;
    if (this.#size * 2 > this.#slots.length) this.#growSlots();
    return group;
  }

  #grow(): void {
    this.#keys = this.#doubled(this.#keys);
    this.#hashes = this.#doubled(this.#hashes);
  }

  #doubled(words: Uint32Array): Uint32Array {
    const grown = this.#arrays.words(words.length * 2);
    grown.set(words);
    return grown;
  }

  #growSlots(): void {
    const slots = this.#arrays.words(this.#slots.length * 2).fill(0);
    const mask = slots.length - 1;
    for (let group = 0; group < this.#size; group++) {
      const hash = this.#hashes[group]!;
      let slot = (hash ^ (hash >>> 16)) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = group + 1;
    }
    this.#slots = slots;
  }
}

/** A column at a time, since a row has its words in as many places of the memory. */
function mixColumn(hashes: Uint32Array, column: Uint32Array): void {
  for (let row = 0; row < hashes.length; row++) {
    const hash = Math.imul(hashes[row]! ^ column[row]!, 0x9e3779b1);
    hashes[row] = hash ^ (hash >>> 15);
  }
}

function hasWords(keys: Uint32Array, at: number, words: Uint32Array): boolean {
  for (let i = 0; i < words.length; i++) if (keys[at + i] !== words[i]) return false;
  return true;
}
