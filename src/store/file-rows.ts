import { elementsPerRow, type FieldName, type FlowBatch, fieldNames, fieldOf } from '../flow/index.ts';
import { AddressNumbers } from './address-numbers.ts';
import { FileNumbers } from './file-numbers.ts';
import { FileArrays } from './parquet/index.ts';
import type { StoredBatch } from './stored-segment.ts';
import { FileTexts, type TextColumn } from './text-columns.ts';

/** The rows of batches that become a file: each field as numbers, and the texts and addresses behind them. */
export class FileRows {
  readonly batches: readonly FlowBatch[];
  /** When each was stored, in milliseconds. */
  readonly times: Float64Array;
  /** The fields that any row has a value in. */
  readonly told: ReadonlySet<FieldName>;
  readonly numbers: FileNumbers;
  /** For what is needed until the file is there. */
  readonly arrays: FileArrays;
  /** All addresses of all fields. */
  readonly addresses = new AddressNumbers();
  readonly #texts = new FileTexts();
  readonly #textColumns = new Map<FieldName, TextColumn>();
  readonly #addressColumns = new Map<FieldName, Uint32Array>();

  constructor(batches: readonly FlowBatch[], times: Float64Array, arrays = new FileArrays()) {
    this.arrays = arrays;
    this.batches = batches;
    this.times = times;
    this.told = new Set(fieldNames.filter((name) => batches.some((batch) => batch.tells(name))));
    this.numbers = new FileNumbers(batches, arrays);
  }

  static ofStored(stored: readonly StoredBatch[], arrays?: FileArrays): FileRows {
    const times = new Float64Array(stored.reduce((sum, { batch }) => sum + batch.length, 0));
    let at = 0;
    for (const { batch, timeMs } of stored) {
      times.fill(timeMs, at, at + batch.length);
      at += batch.length;
    }
    return new FileRows(
      stored.map(({ batch }) => batch),
      times,
      arrays,
    );
  }

  get length(): number {
    return this.times.length;
  }

  textsOf(name: FieldName): TextColumn {
    const known = this.#textColumns.get(name);
    if (known !== undefined) return known;
    const column = this.#texts.columnOf(name, this.batches, this.arrays.words(this.length));
    this.#textColumns.set(name, column);
    return column;
  }

  /** The numbers of the addresses in `addresses`. */
  addressesOf(name: FieldName): Uint32Array {
    const known = this.#addressColumns.get(name);
    if (known !== undefined) return known;
    const step = elementsPerRow(fieldOf(name).storage);
    const numbers = this.arrays.words(this.length);
    let at = 0;
    for (const batch of this.batches) {
      const words = batch.columns[name] as Uint32Array;
      for (let row = 0; row < batch.length; row++) numbers[at++] = this.addresses.numberOf(words, row * step);
    }
    this.#addressColumns.set(name, numbers);
    return numbers;
  }
}
