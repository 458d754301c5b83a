import { hashWords, randomSeed, TUPLE_WORDS, wordsEqual, writeTuple } from './tuple.ts';

/** A set of tuples that can only grow, up to a bound, and be emptied. Open addressing, at most half full. */
class TupleSet {
  readonly #seed = randomSeed();
  #tuples = new Uint32Array(64 * TUPLE_WORDS);
  /** A slot holds the number of a tuple plus one, or 0 when free. */
  #slots = new Int32Array(128);
  size = 0;

  has(tuple: Uint32Array): boolean {
    return this.#slots[this.#slotOf(tuple)] !== 0;
  }

  add(tuple: Uint32Array): void {
    const slot = this.#slotOf(tuple);
    if (this.#slots[slot] !== 0) return;
    if (this.size * TUPLE_WORDS === this.#tuples.length) this.#growTuples();
    this.#tuples.set(tuple, this.size * TUPLE_WORDS);
    this.#slots[slot] = ++this.size;
    if (this.size * 2 > this.#slots.length) this.#growSlots();
  }

  #slotOf(tuple: Uint32Array): number {
    const mask = this.#slots.length - 1;
    let slot = hashWords(tuple, TUPLE_WORDS, this.#seed) & mask;
    for (let number = this.#slots[slot]!; number !== 0; number = this.#slots[slot]!) {
      if (wordsEqual(tuple, TUPLE_WORDS, this.#tuples, (number - 1) * TUPLE_WORDS)) break;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #growTuples(): void {
    const tuples = new Uint32Array(this.#tuples.length * 2);
    tuples.set(this.#tuples);
    this.#tuples = tuples;
  }

  #growSlots(): void {
    this.#slots = new Int32Array(this.#slots.length * 2);
    const tuple = new Uint32Array(TUPLE_WORDS);
    for (let number = 0; number < this.size; number++) {
      const at = number * TUPLE_WORDS;
      for (let i = 0; i < TUPLE_WORDS; i++) tuple[i] = this.#tuples[at + i]!;
      this.#slots[this.#slotOf(tuple)] = number + 1;
    }
  }
}

/**
 * Remembers the 5-tuples of denied packets, for at least `forMs` after the last one and at most twice that.
 * It has two sets and drops the older whenever the younger is `forMs` old. When the younger is full they swap
 * early, and the oldest tuples are forgotten too soon.
 */
export class DeniedTuples {
  readonly #forMs: number;
  readonly #capacity: number;
  readonly #tuple = new Uint32Array(TUPLE_WORDS);
  #young = new TupleSet();
  #old = new TupleSet();
  #youngSinceMs: number;
  #turn = 1;

  /** @param capacity tuples in each of the two sets */
  constructor(forMs: number, capacity: number, nowMs: number) {
    this.#forMs = forMs;
    this.#capacity = capacity;
    this.#youngSinceMs = nowMs;
  }

  /** A tuple that was added in the current turn need not be added again. Turns count from 1. */
  get turn(): number {
    return this.#turn;
  }

  /** @param tuple in the form of `writeTuple` */
  add(tuple: Uint32Array, nowMs: number): void {
    if (this.#young.size >= this.#capacity) this.#beginTurn(nowMs);
    this.#young.add(tuple);
  }

  forget(nowMs: number): void {
    if (nowMs - this.#youngSinceMs >= this.#forMs) this.#beginTurn(nowMs);
  }

  /** Addresses are four words from `…At`, IPv4 mapped. Allocates nothing. */
  has(
    source: ArrayLike<number>,
    sourceAt: number,
    destination: ArrayLike<number>,
    destinationAt: number,
    sourcePort: number,
    destinationPort: number,
    protocol: number,
  ): boolean {
    const tuple = this.#tuple;
    writeTuple(tuple, source, sourceAt, destination, destinationAt, sourcePort, destinationPort, protocol);
    return this.#young.has(tuple) || this.#old.has(tuple);
  }

  #beginTurn(nowMs: number): void {
    this.#turn++;
    this.#old = this.#young;
    this.#young = new TupleSet();
    this.#youngSinceMs = nowMs;
  }
}
