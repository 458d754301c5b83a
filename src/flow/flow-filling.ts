import type { Column } from './columns.ts';
import { MAX_NAME_OCTETS } from './dictionary.ts';
import { fieldOf, type StorageOf } from './fields.ts';
import type { BatchLayout, FlowBatch } from './flow-batch.ts';
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
  readonly #groups: readonly (readonly EnrichableField[])[];
  /** The one buffer of the current batch, and where the columns of each group begin in it. */
  #words: Uint32Array = new Uint32Array();
  #starts: readonly Int32Array[] = [];
  #layout: BatchLayout | undefined;
  #batch: FlowBatch | undefined;
  #from = 0;
  #to = 0;

  /** @throws {RangeError} if the enricher would fill a field that is not enrichable, or a group of others */
  constructor({ name, fills, groups = [] }: FlowEnricher, intern: InternText) {
    const forbidden = fills.find((field) => !enrichable.has(field));
    if (forbidden !== undefined)
      throw new RangeError(`enricher ${name}: expected fields that may be enriched, found ${forbidden}`);
    const misplaced = groups
      .flat()
      .find((field) => !fills.includes(field) || fieldOf(field).storage !== 'string');
    if (misplaced !== undefined)
      throw new RangeError(`enricher ${name}: expected a group of its texts, found ${misplaced}`);
    this.#name = name;
    this.#fills = fills;
    this.#groups = groups;
    this.#intern = intern;
  }

  /**
   * The enricher may fill rows `from` to `to` of the batch, without `to`.
   * @throws {RangeError} if the batch lacks a field of a group
   */
  begin(batch: FlowBatch, from: number, to: number): void {
    this.#from = from;
    this.#to = to;
    if (batch === this.#batch) return;
    this.#batch = batch;
    for (const field of this.#fills) this.#columns.set(field, batch.columns[field]);
    if (this.#groups.length > 0) this.#bindGroups(batch);
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
    if (column[row] === 0) column[row] = this.#idOfName(field, name);
  }

  idOf(name: RepeatedName): number {
    return this.#idOfName('a name', name);
  }

  fillGroup(group: number, row: number, ids: Uint32Array, at: number): void {
    this.#expectOwnRow(row);
    const starts = this.#starts[group]!;
    const words = this.#words;
    for (let i = 0; i < starts.length; i++) {
      const place = starts[i]! + row;
      if (words[place] === 0) words[place] = ids[at + i]!;
    }
  }

  #bindGroups({ columns, layout }: FlowBatch): void {
    this.#words = new Uint32Array(columns[layout.fields[0]!].buffer);
    if (layout === this.#layout) return;
    this.#layout = layout;
    this.#starts = this.#groups.map((fields) =>
      Int32Array.from(fields, (field) => {
        if (layout.has(field)) return columns[field].byteOffset / Uint32Array.BYTES_PER_ELEMENT;
        throw new RangeError(`enricher ${this.#name}: expected a batch with ${field}, found none`);
      }),
    );
  }

  #ownColumn(field: EnrichableField, row: number): Column<StorageOf<EnrichableField>> {
    const column = this.#columns.get(field);
    if (column === undefined)
      throw new RangeError(`enricher ${this.#name}: expected one of its fields, found ${field}`);
    this.#expectOwnRow(row);
    return column;
  }

  #expectOwnRow(row: number): void {
    if (row < this.#from || row >= this.#to)
      throw new RangeError(`enricher ${this.#name}: expected its row, found row ${row}`);
  }

  #idOfName(what: string, name: RepeatedName): number {
    const { number } = this.#batch!.dictionary;
    if (name.dictionary !== number) {
      name.id = this.#idOf(what, name.text);
      name.dictionary = name.id === 0 ? 0 : number;
    }
    return name.id;
  }

  #idOf(what: string, text: string): number {
    // A character has at most three octets, in UTF-8 and for each half of a pair.
    const octets = text.length * 3 <= MAX_NAME_OCTETS ? 0 : octetsOf(text);
    if (octets <= MAX_NAME_OCTETS) return this.#intern(text);
    throw new RangeError(
      `enricher ${this.#name}: expected at most ${MAX_NAME_OCTETS} octets for ${what}, found ${octets} octets`,
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
