import { Dictionary, type FieldName, type FlowBatch } from '../flow/index.ts';

/** A column of texts for a whole file: its different texts, and for each row the number of its own. */
export interface TextColumn {
  readonly texts: readonly string[];
  /** Numbers count from 1; 0 is no text. */
  readonly numbers: Uint32Array;
}

/** Numbers the texts of batches whose dictionaries differ. */
export class FileTexts {
  /** Octets that are no UTF-8 become U+FFFD, so different octets may be the same text. */
  readonly #names = new Dictionary();
  readonly #texts = [''];
  /** The number of a text by the number of its octets. */
  readonly #textOfName = [0];
  readonly #numberOfText = new Map<string, number>();
  /** For each dictionary of a batch, the number of a text by its id there; 0 as long as it is unknown. */
  readonly #known = new Map<Dictionary, Uint32Array>();

  /** @param numbers gets those of the rows */
  columnOf(name: FieldName, batches: readonly FlowBatch[], numbers: Uint32Array): TextColumn {
    const texts: string[] = [];
    /** The number in this column of each text of the file; 0 as long as it has none. */
    let own = new Uint32Array(this.#texts.length + 1024);
    let at = 0;
    for (const { columns, dictionary, length } of batches) {
      const column = columns[name] as Uint32Array;
      const known = this.#knownOf(dictionary);
      for (let row = 0; row < length; row++, at++) {
        const id = column[row]!;
        if (id === 0) {
          numbers[at] = 0;
          continue;
        }
        if (known[id] === 0) known[id] = this.#numberOf(dictionary, id);
        const text = known[id]!;
        if (text >= own.length) own = grownTo(text * 2, own);
        if (own[text] === 0) own[text] = texts.push(this.#texts[text]!);
        numbers[at] = own[text]!;
      }
    }
    return { texts, numbers };
  }

  #knownOf(dictionary: Dictionary): Uint32Array {
    let known = this.#known.get(dictionary);
    // It may have grown.
    if (known === undefined || known.length < dictionary.size) {
      known = new Uint32Array(dictionary.size);
      this.#known.set(dictionary, known);
    }
    return known;
  }

  #numberOf({ bytes, offsets, lengths }: Dictionary, id: number): number {
    const name = this.#names.intern(bytes, offsets[id]!, lengths[id]!);
    let number = this.#textOfName[name];
    if (number === undefined) {
      const text = this.#names.text(name);
      number = this.#numberOfText.get(text);
      if (number === undefined) {
        number = this.#texts.push(text) - 1;
        this.#numberOfText.set(text, number);
      }
      this.#textOfName[name] = number;
    }
    return number;
  }
}

function grownTo(length: number, numbers: Uint32Array): Uint32Array<ArrayBuffer> {
  const grown = new Uint32Array(length);
  grown.set(numbers);
  return grown;
}
