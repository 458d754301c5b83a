import { Dictionary } from '../../flow/index.ts';
import type { NewStrings } from './messages.ts';

/** Finds the strings of a dictionary that another thread does not have yet. */
export class DictionarySender {
  #dictionary: Dictionary | undefined;
  #told = 1;

  /** Undefined when it has all. */
  newStrings(dictionary: Dictionary): NewStrings | undefined {
    if (dictionary !== this.#dictionary) {
      this.#dictionary = dictionary;
      this.#told = 1;
    }
    const firstId = this.#told;
    const { size, offsets, lengths, bytes, octets } = dictionary;
    if (firstId === size && size > 1) return undefined;
    this.#told = size;
    const begin = size > firstId ? offsets[firstId]! : octets;
    return { firstId, bytes: bytes.slice(begin, octets), lengths: lengths.slice(firstId, size) };
  }
}

/** The copy of that dictionary in the other thread: its strings have the same ids. */
export class DictionaryCopy {
  dictionary = new Dictionary();

  add({ firstId, bytes, lengths }: NewStrings): void {
    if (firstId === 1) this.dictionary = new Dictionary();
    let at = 0;
    for (const length of lengths) {
      this.dictionary.intern(bytes, at, length);
      at += length;
    }
  }
}
