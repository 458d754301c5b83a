import type { Column } from './columns.ts';
import { MAX_NAME_OCTETS } from './dictionary.ts';
import { fieldOf, type StorageOf } from './fields.ts';
import type { FlowBatch } from './flow-batch.ts';
import {
  type EnrichableField,
  enrichableFields,
  type FlowEnricher,
  type FlowFiller,
} from './flow-enricher.ts';
import type { RepeatedName } from './repeated-name.ts';

const enrichable: ReadonlySet<string> = new Set(enrichableFields);

/** @returns the id of a text in the dictionary of the current batch; 0 when there is no room for it */
export type InternText = (text: string) => number;

/** What one enricher writes through. */
export class FlowFilling implements FlowFiller {
  readonly #name: string;
  readonly #fills: readonly EnrichableField[];
  readonly #intern: InternText;
  /** Of the current batch, the columns that the enricher may fill. */
  readonly #columns = new Map<EnrichableField, Column<StorageOf<EnrichableField>>>();
  #batch: FlowBatch | undefined;
  #from = 0;
  #to = 0;

  /** @throws {RangeError} if the enricher would fill a field that is not enrichable */
  constructor({ name, fills }: FlowEnricher, intern: InternText) {
    const forbidden = fills.find((field) => !enrichable.has(field));
    if (forbidden !== undefined)
      throw new RangeError(`enricher ${name}: expected fields that may be enriched, found ${forbidden}`);
    this.#name = name;
    this.#fills = fills;
    this.#intern = intern;
  }

  /** The enricher may fill rows `from` to `to` of the batch, without `to`. */
  begin(batch: FlowBatch, from: number, to: number): void {
    this.#from = from;
    this.#to = to;
    if (batch === this.#batch) return;
    this.#batch = batch;
    for (const field of this.#fills) this.#columns.set(field, batch.columns[field]);
  }

  fill(field: EnrichableField, row: number, value: string | number): void {
    const column = this.#ownColumn(field, row);
    if (column[row] !== 0) return;
    const isText = fieldOf(field).storage === 'string';
    if (typeof value === 'string' ? !isText : isText || !fitsColumn(value, column)) {
      const expected = isText ? 'a text' : 'a number that fits';
      throw new RangeError(`enricher ${this.#name}: expected ${expected} for ${field}, found ${value}`);
    }
    column[row] = typeof value === 'string' ? this.#idOf(field, value) : value;
  }

  fillName(field: EnrichableField, row: number, name: RepeatedName): void {
    const column = this.#ownColumn(field, row);
    if (column[row] !== 0) return;
    const { number } = this.#batch!.dictionary;
    if (name.dictionary !== number) {
      name.id = this.#idOf(field, name.text);
      name.dictionary = name.id === 0 ? 0 : number;
    }
    column[row] = name.id;
  }

  #ownColumn(field: EnrichableField, row: number): Column<StorageOf<EnrichableField>> {
    const column = this.#columns.get(field);
    if (column === undefined)
      throw new RangeError(`enricher ${this.#name}: expected one of its fields, found ${field}`);
    if (row < this.#from || row >= this.#to)
      throw new RangeError(`enricher ${this.#name}: expected its row, found row ${row}`);
    return column;
  }

  #idOf(field: EnrichableField, text: string): number {
    // A character has at most three octets, in UTF-8 and for each half of a pair.
    const octets = text.length * 3 <= MAX_NAME_OCTETS ? 0 : octetsOf(text);
    if (octets <= MAX_NAME_OCTETS) return this.#intern(text);
    throw new RangeError(
      `enricher ${this.#name}: expected at most ${MAX_NAME_OCTETS} octets for ${field}, found ${octets} octets`,
    );
  }
}

/** Octets in UTF-8. */
function octetsOf(text: string): number {
  let octets = 0;
  for (const character of text) {
    const code = character.codePointAt(0)!;
    octets += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x1_0000 ? 3 : 4;
  }
  return octets;
}

/** A column of octets would take another number instead. */
const fitsColumn = (value: number, { BYTES_PER_ELEMENT }: { readonly BYTES_PER_ELEMENT: number }): boolean =>
  Number.isInteger(value) && value >= 0 && value < 2 ** (8 * BYTES_PER_ELEMENT);
