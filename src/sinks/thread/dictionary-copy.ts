import { Dictionary } from '../../flow/index.ts';
import type { NewStrings } from './messages.ts';

/** Finds the strings of a dictionary that another thread does not have yet. */
export class DictionarySender {
  #dictionary: Dictionary | undefined;
  #told = 1;

  newStrings(dictionary: Dictionary): NewStrings {
    if (dictionary !== this.#dictionary) {
      this.#dictionary = dictionary;
      this.#told = 1;
    }
    const firstId = this.#told;
    const { size, offsets, lengths, bytes } = dictionary;
    this.#told = size;
    return {
      firstId,
      bytes: bytes.slice(offsets[firstId] ?? 0, size > firstId ? dictionary.octets : (offsets[firstId] ?? 0)),
      lengths: lengths.slice(firstId, size),
    };
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
