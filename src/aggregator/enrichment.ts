import {
  type EnrichableField,
  enrichableFields,
  type FlowBatch,
  type FlowEnricher,
  type FlowFiller,
  fieldOf,
  MAX_NAME_OCTETS,
} from '../flow/index.ts';
import type { Account } from '../runtime/index.ts';
import type { Names } from './names.ts';

const enrichable: ReadonlySet<string> = new Set(enrichableFields);

/**
 * Lets enrichers name flows in their records, one after the other. What the flow's own nodes said stays, and
 * the first enricher to fill a field wins. Rows of the flow table never learn these names, so that they
 * decide nothing about which records are of one flow.
 */
export class Enrichment {
  readonly #enrichers: readonly { readonly enricher: FlowEnricher; readonly filler: Filler }[];
  readonly #names: Names;
  readonly #flows: Account;

  /** @throws {RangeError} if an enricher would fill a field that is not enrichable */
  constructor(enrichers: readonly FlowEnricher[], names: Names, flows: Account) {
    this.#names = names;
    this.#flows = flows;
    this.#enrichers = enrichers.map((enricher) => ({ enricher, filler: new Filler(enricher, names) }));
  }

  /** Enriches one row. What an enricher that fails has filled by then stays. */
  enrich(batch: FlowBatch, row: number): void {
    const { exporter } = this.#names;
    this.#names.exporter = 0; // The names are no exporter's.
    for (const { enricher, filler } of this.#enrichers) {
      filler.begin(batch, row);
      try {
        enricher.enrich(batch, row, row + 1, filler);
      } catch {
        this.#flows.note(`enrichment failed: ${enricher.name}`);
      }
    }
    this.#names.exporter = exporter;
  }
}

/** What one enricher writes through. */
class Filler implements FlowFiller {
  readonly #name: string;
  readonly #fills: ReadonlySet<EnrichableField>;
  readonly #names: Names;
  #batch: FlowBatch | undefined;
  #row = 0;

  constructor({ name, fills }: FlowEnricher, names: Names) {
    const forbidden = fills.find((field) => !enrichable.has(field));
    if (forbidden !== undefined)
      throw new RangeError(`enricher ${name}: expected fields that may be enriched, found ${forbidden}`);
    this.#name = name;
    this.#fills = new Set(fills);
    this.#names = names;
  }

  begin(batch: FlowBatch, row: number): void {
    this.#batch = batch;
    this.#row = row;
  }

  fill(field: EnrichableField, row: number, value: string | number): void {
    if (!this.#fills.has(field))
      throw new RangeError(`enricher ${this.#name}: expected one of its fields, found ${field}`);
    if (row !== this.#row) throw new RangeError(`enricher ${this.#name}: expected its row, found row ${row}`);
    const column = this.#batch!.columns[field];
    if (column[row] !== 0) return;
    const isText = fieldOf(field).storage === 'string';
    if (typeof value === 'string' ? !isText : isText || !fitsColumn(value, column)) {
      const expected = isText ? 'a text' : 'a number that fits';
      throw new RangeError(`enricher ${this.#name}: expected ${expected} for ${field}, found ${value}`);
    }
    if (typeof value === 'string' && isTooLong(value)) {
      const found = `${Buffer.byteLength(value)} octets`;
      throw new RangeError(
        `enricher ${this.#name}: expected at most ${MAX_NAME_OCTETS} octets for ${field}, found ${found}`,
      );
    }
    column[row] = typeof value === 'string' ? this.#names.textId(value) : value;
  }
}

/** A character has at most three octets, in UTF-8 and for each half of a pair. */
const isTooLong = (text: string): boolean =>
  text.length * 3 > MAX_NAME_OCTETS && Buffer.byteLength(text) > MAX_NAME_OCTETS;

/** A column of octets would take another number instead. */
const fitsColumn = (value: number, { BYTES_PER_ELEMENT }: { readonly BYTES_PER_ELEMENT: number }): boolean =>
  Number.isInteger(value) && value >= 0 && value < 2 ** (8 * BYTES_PER_ELEMENT);
