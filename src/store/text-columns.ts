import { Dictionary, type FieldName, type FlowBatch } from '../flow/index.ts';

/** A column of texts for a whole file: its different texts, and for each batch the number of each row's. */
export interface TextColumn {
  readonly texts: readonly string[];
  /** Numbers count from 1; 0 is no text. */
  readonly numbers: readonly Uint32Array[];
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

  columnOf(name: FieldName, batches: readonly FlowBatch[]): TextColumn {
    const texts: string[] = [];
    const own: number[] = [0];
    const numbers = batches.map((batch) => {
      const column = batch.columns[name] as Uint32Array;
      const known = this.#knownOf(batch.dictionary);
      const rows = new Uint32Array(batch.length);
      for (let row = 0; row < rows.length; row++) {
        const id = column[row]!;
        if (id === 0) continue;
        if (known[id] === 0) known[id] = this.#numberOf(batch.dictionary, id);
        const text = known[id]!;
        own[text] ??= texts.push(this.#texts[text]!);
        rows[row] = own[text];
      }
      return rows;
    });
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
