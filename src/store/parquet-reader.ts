import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { DuckDBBlobVector, DuckDBDataChunk, DuckDBValue, DuckDBVarCharVector } from '@duckdb/node-api';
import {
  BatchLayout,
  Dictionary,
  type FieldName,
  FlowBatch,
  type FlowCondition,
  fieldOf,
} from '../flow/index.ts';
import { NO_LINK } from '../runtime/index.ts';
import { setAddress } from './address-numbers.ts';
import type { Engine } from './engine.ts';
import { type FileMark, faultOfMark, readMark } from './file-mark.ts';
import { fieldRows } from './guessed-columns.ts';
import { ConditionValues, rowCondition } from './row-condition.ts';
import { COLLECTION_TIME, fieldsAmong, quotedName, storedField } from './stored-columns.ts';
import { REST_OF, type SumsExtent } from './sum-columns.ts';

/** Which rows of a file are wanted. */
export interface RowsWanted {
  readonly condition: FlowCondition;
  /** Stored at this time or later, in milliseconds since 1970. */
  readonly sinceMs?: number | undefined;
}

/** Rows that DuckDB returns at once, at most. */
const CHUNK_ROWS = 2048;

/**
 * One Parquet file of the history. It stays readable when it is deleted meanwhile. All that fails in it
 * rejects: then the file is damaged.
 */
export class ParquetReader implements AsyncDisposable {
  readonly #engine: Engine;
  readonly #file: FileHandle;
  /** DuckDB takes a name for a pattern. This one has none, whatever the directory is called. */
  readonly #path: string;
  /** Columns of the rows, whatever the layout of the file. */
  readonly #columns: ReadonlySet<string>;
  /** Makes the rows of the file in SQL. */
  readonly #rowsOf: (source: string) => string;

  private constructor(engine: Engine, file: FileHandle, path: string, columns: ReadonlySet<string>) {
    this.#engine = engine;
    this.#file = file;
    this.#path = path;
    const rows = fieldRows(columns);
    this.#columns = rows.columns;
    this.#rowsOf = rows.of;
  }

  /** @param listed what the list says of the file; undefined if it lacks it */
  static async open(engine: Engine, name: string, listed?: FileMark): Promise<ParquetReader> {
    const file = await open(name, constants.O_RDONLY | NO_LINK);
    try {
      const other = listed && faultOfMark(readMark(file), listed);
      if (other !== undefined) throw new Error(other);
      const path = `/proc/self/fd/${file.fd}`;
      const names = await engine.connection.runAndReadAll(
        'SELECT name FROM parquet_schema($1) WHERE type IS NOT NULL',
        [path],
      );
      return new ParquetReader(engine, file, path, new Set(names.getRows().map(([each]) => String(each))));
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#file.close();
  }

  /** Columns of the rows, whatever the layout of the file. */
  get columns(): ReadonlySet<string> {
    return this.#columns;
  }

  /** The rows in SQL, as long as the file is open. */
  get source(): string {
    return this.#rowsOf(`read_parquet('${this.#path}')`);
  }

  mark(): FileMark {
    return readMark(this.#file);
  }

  async count(wanted: RowsWanted): Promise<number> {
    const { from, values } = this.#rows(wanted);
    const answer = await this.#engine.connection.runAndReadAll(`SELECT count(*) ${from}`, values);
    return Number(answer.getRows()[0]![0]);
  }

  /** Number of rows, and the first and last time at which one was stored. */
  async extent(): Promise<{ records: number; fromMs: number; toMs: number }> {
    const time = quotedName(COLLECTION_TIME);
    const answer = await this.#engine.connection.runAndReadAll(
      `SELECT count(*), epoch_us(min(${time})), epoch_us(max(${time})) FROM read_parquet($1)`,
      [this.#path],
    );
    const [records, from, to] = answer.getRows()[0]!.map(Number);
    return { records: records!, fromMs: from! / 1000, toMs: to! / 1000 };
  }

  /** As `extent`, of a file of sums: also the records that its rows sum up, and what they are the rest of. */
  async sumsExtent(): Promise<SumsExtent> {
    const { records: rows, fromMs, toMs } = await this.extent();
    const answer = await this.#engine.connection.runAndReadAll(
      `SELECT sum("records")::BIGINT, bit_or(${REST_OF}) FROM read_parquet($1)`,
      [this.#path],
    );
    const [records, restOf] = answer.getRows()[0]!.map(Number);
    return { rows, records: records!, fromMs, toMs, restOf: restOf! };
  }

  /** The rows in their order, in batches of their own. */
  async *batches(wanted: RowsWanted): AsyncGenerator<FlowBatch> {
    const fields = fieldsAmong(this.#columns);
    const selected = fields.map((name) => `${quotedName(name)}::${storedField(name).type}`);
    const { from, values } = this.#rows(wanted);
    const result = await this.#engine.connection.stream(`SELECT ${selected.join()} ${from}`, values);
    const layout = new BatchLayout(fields, CHUNK_ROWS);
    const dictionary = new Dictionary();
    const ids = new Map<string, number>();
    for (let chunk = await result.fetchChunk(); chunk !== null; chunk = await result.fetchChunk()) {
      if (chunk.rowCount === 0) return;
      const batch = new FlowBatch(layout, dictionary);
      for (const [i, name] of fields.entries()) fillColumn(batch, name, chunk, i, ids);
      batch.length = chunk.rowCount;
      yield batch;
    }
  }

  #rows({ condition, sinceMs }: RowsWanted): { from: string; values: DuckDBValue[] } {
    const conditionValues = new ConditionValues(this.#engine.duckdb);
    const sql = rowCondition(condition, this.#columns, conditionValues);
    const all: DuckDBValue[] = [...conditionValues.all, this.#path];
    const from = `FROM ${this.#rowsOf(`read_parquet($${all.length})`)} WHERE ${sql}`;
    if (sinceMs === undefined) return { from, values: all };
    all.push(BigInt(Math.floor(sinceMs * 1000)));
    return {
      from: `${from} AND ${quotedName(COLLECTION_TIME)} >= make_timestamp($${all.length}::BIGINT)`,
      values: all,
    };
  }
}

type NumericVector = {
  readonly items: ArrayLike<number> | BigInt64Array | BigUint64Array;
  readonly validity: { itemValid(row: number): boolean };
};

function fillColumn(
  batch: FlowBatch,
  name: FieldName,
  chunk: DuckDBDataChunk,
  index: number,
  ids: Map<string, number>,
): void {
  const column = batch.columns[name];
  const vector = chunk.getColumnVector(index);
  const { storage } = fieldOf(name);
  const rows = chunk.rowCount;
  switch (storage) {
    case 'string':
      for (let row = 0; row < rows; row++)
        column[row] = idOf(batch.dictionary, ids, (vector as DuckDBVarCharVector).getItem(row));
      return;
    case 'address':
      for (let row = 0; row < rows; row++) {
        const octets = (vector as DuckDBBlobVector).getItemBytes(row);
        if (octets !== null) setAddress(column as Uint32Array, row * 4, octets);
      }
      return;
    default: {
      const { items, validity } = vector as unknown as NumericVector;
      const none = storage === 'unsigned64' || storage === 'time' ? Number.NaN : 0;
      const scale = storage === 'time' ? 1000 : 1;
      for (let row = 0; row < rows; row++)
        column[row] = validity.itemValid(row) ? Number(items[row]) / scale : none;
    }
  }
}

function idOf(dictionary: Dictionary, ids: Map<string, number>, text: string | null): number {
  if (text === null) return 0;
  const known = ids.get(text);
  if (known !== undefined) return known;
  const id = dictionary.internText(text);
  ids.set(text, id);
  return id;
}
