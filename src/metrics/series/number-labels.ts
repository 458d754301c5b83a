import { type Dictionary, type FieldName, fieldOf } from '../../flow/index.ts';

/** Labels of numbers: the name in the field's enumeration, else the digits. */
export class NumberLabels {
  readonly #names: ReadonlyMap<number, string>;
  #dictionary!: Dictionary;
  #ids = new Uint32Array(0);

  constructor(field?: FieldName) {
    this.#names = (field === undefined ? undefined : fieldOf(field).enumeration?.names) ?? new Map();
  }

  begin(dictionary: Dictionary): void {
    this.#dictionary = dictionary;
    this.#ids = new Uint32Array(0);
  }

  label(number: number): number {
    if (number >= this.#ids.length) this.#ids = grownCopyOf(this.#ids, number);
    const known = this.#ids[number]!;
    if (known !== 0) return known;
    const id = this.#dictionary.internText(this.#names.get(number) ?? String(number));
    this.#ids[number] = id;
    return id;
  }
}

/** Numbers have at most 16 bits. */
function grownCopyOf(ids: Uint32Array<ArrayBuffer>, number: number): Uint32Array<ArrayBuffer> {
  const grown = new Uint32Array(number < 256 ? 256 : 65_536);
  grown.set(ids);
  return grown;
}
