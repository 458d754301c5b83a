import type { IdExchange } from './label-values.ts';
import { TupleIndex } from './tuple-index.ts';

/**
 * Keys without a series of their own, with their recent growth, in bounded memory. When there are twice as
 * many as are worth keeping, the smaller half is dropped. So a weight may be too small but never too great,
 * and a key among the biggest stays.
 */
export class Candidates {
  readonly #width: number;
  readonly #most: number;
  /** Keys one after another, `width` words each. */
  tuples = new Uint32Array(0);
  weights = new Float64Array(0);
  readonly #index: TupleIndex;
  #size = 0;

  /** @param most keys kept; up to twice as many for a moment */
  constructor(width: number, most: number) {
    this.#width = width;
    this.#most = most;
    this.#index = new TupleIndex(width);
  }

  get size(): number {
    return this.#size;
  }

  /** Adds growth to the key at `words[0…]`. */
  offer(words: Uint32Array, weight: number): void {
    const known = this.#index.find(this.tuples, words, 0);
    if (known >= 0) {
      this.weights[known]! += weight;
      return;
    }
    if (this.#size === 2 * this.#most) this.#prune();
    if (this.#size === this.weights.length) this.#grow();
    const row = this.#size++;
    for (let i = 0; i < this.#width; i++) this.tuples[row * this.#width + i] = words[i]!;
    this.weights[row] = weight;
    this.#index.add(this.tuples, row);
  }

  /** Reduces the weight of the past, and drops keys with next to none left. */
  decay(factor: number): void {
    for (let row = 0; row < this.#size; row++) this.weights[row]! *= factor;
    this.#keep((row) => this.weights[row]! >= 1);
  }

  /** Rows by weight, the greatest first. */
  ranking(): number[] {
    return Array.from({ length: this.#size }, (_, row) => row).sort(
      (one, other) => this.weights[other]! - this.weights[one]!,
    );
  }

  /** Removes keys that have a series now. */
  removeIf(isGone: (row: number) => boolean): void {
    this.#keep((row) => !isGone(row));
  }

  exchange(exchange: IdExchange): void {
    exchange(this.tuples, 0, this.#size * this.#width);
    this.#rebuild();
  }

  #grow(): void {
    const rows = Math.min(2 * this.#most, Math.max(64, 2 * this.weights.length));
    const weights = new Float64Array(rows);
    weights.set(this.weights);
    this.weights = weights;
    const tuples = new Uint32Array(rows * this.#width);
    tuples.set(this.tuples);
    this.tuples = tuples;
  }

  #prune(): void {
    const median = this.weights.slice(0, this.#size).sort()[this.#size - this.#most]!;
    let left = this.#most;
    this.#keep((row) => this.weights[row]! >= median && left-- > 0);
  }

  #keep(stays: (row: number) => boolean): void {
    const width = this.#width;
    let kept = 0;
    for (let row = 0; row < this.#size; row++) {
      if (!stays(row)) continue;
      if (kept !== row) {
        this.weights[kept] = this.weights[row]!;
        this.tuples.copyWithin(kept * width, row * width, (row + 1) * width);
      }
      kept++;
    }
    if (kept === this.#size) return;
    this.#size = kept;
    this.#rebuild();
  }

  #rebuild(): void {
    this.#index.clear();
    for (let row = 0; row < this.#size; row++) this.#index.add(this.tuples, row);
  }
}
