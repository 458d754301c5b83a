import type { AddressWords } from '../flow/index.ts';
import { isSame } from './connection-table.ts';

/** A set of some tens of addresses, searched for each record. */
export class AddressSet {
  readonly #addresses: readonly AddressWords[];
  readonly #folded: ReadonlySet<number>;

  constructor(addresses: readonly AddressWords[]) {
    this.#addresses = addresses;
    this.#folded = new Set(addresses.map((words) => foldAddress(words, 0)));
  }

  get size(): number {
    return this.#addresses.length;
  }

  has(words: ArrayLike<number>, at: number): boolean {
    return (
      this.#folded.has(foldAddress(words, at)) &&
      this.#addresses.some((address) => isSame(address, 0, words, at))
    );
  }
}

const foldAddress = (words: ArrayLike<number>, at: number): number =>
  (words[at]! ^ words[at + 1]! ^ words[at + 2]! ^ words[at + 3]!) >>> 0;
