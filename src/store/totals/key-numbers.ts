import type { DimensionKey } from '../../flow/index.ts';
import { PairNumbers } from './pair-numbers.ts';

/** A value for each dimension. */
export type GroupKey = readonly DimensionKey[];

/** Numbers keys from 0 on, in the order in which they come. It makes nothing for a key that it knows. */
export class KeyNumbers {
  /** How many there are. */
  size = 0;
  /** The values of each dimension, numbered. */
  readonly #values: readonly Map<DimensionKey, number>[];
  /** Numbers the beginnings of two values, then those of three … A pair is a beginning and the next value. */
  readonly #beginnings: readonly PairNumbers[];

  constructor(dimensions: number) {
    this.#values = Array.from({ length: dimensions }, () => new Map());
    this.#beginnings = Array.from({ length: Math.max(0, dimensions - 1) }, () => new PairNumbers());
  }

  /** The number of a key, which has one from now on. The caller may change the key then. */
  of(key: GroupKey): number {
    let number = 0;
    for (let i = 0; i < key.length; i++) {
      const values = this.#values[i]!;
      let value = values.get(key[i]!);
      if (value === undefined) {
        value = values.size;
        values.set(key[i]!, value);
      }
      number = i === 0 ? value : this.#beginnings[i - 1]!.of(number, value);
    }
    if (number === this.size) this.size++;
    return number;
  }

  /** Undefined for a key that has no number. */
  find(key: GroupKey): number | undefined {
    let number: number | undefined = 0;
    for (let i = 0; i < key.length; i++) {
      const value = this.#values[i]!.get(key[i]!);
      if (value === undefined) return undefined;
      number = i === 0 ? value : this.#beginnings[i - 1]!.find(number, value);
      if (number === undefined) return undefined;
    }
    return number < this.size ? number : undefined;
  }
}
