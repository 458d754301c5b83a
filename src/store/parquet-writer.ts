import type { DuckDBDataChunk } from '@duckdb/node-api';
import {
  type Column,
  Dictionary,
  type FieldName,
  type FlowBatch,
  fieldNames,
  fieldOf,
  formatAddress,
  isAbsent,
  type Storage,
} from '../flow/index.ts';
import type { Engine } from './engine.ts';
import { COLLECTION_TIME, quotedName, storedAs, storedField } from './stored-columns.ts';

/** A batch, and when it was stored: milliseconds since 1970. */
export interface StoredBatch {
  readonly batch: FlowBatch;
  readonly timeMs: number;
}

/** How a file differs for its readers. */
export interface FileForm {
  /** As `octets` filters can compare them; as `text` other programs can show them. */
  readonly addresses: 'octets' | 'text';
  /** Whether it has the time at which records were stored. */
  readonly hasTime: boolean;
}

const ofHistory: FileForm = { addresses: 'octets', hasTime: true };

/** Rows of a chunk in DuckDB. */
const CHUNK_ROWS = 2048;
const ADDRESS_OCTETS = 16;

type Items = Uint8Array | Uint16Array | Uint32Array | Float64Array;
/** What numeric vectors of DuckDB have. `items` is not documented: hence the exact version of the package. */
interface NumericVector {
  readonly items: Items;
  flush(): void;
}

/**
 * Writes batches as one Parquet file, with the columns that any of them has values in. DuckDB takes texts one
 * by one, which is slow. So rows are staged with numbers for texts and addresses.
 */
export async function writeParquet(
  { connection, duckdb }: Engine,
  path: string,
  batches: readonly StoredBatch[],
  { addresses, hasTime }: FileForm = ofHistory,
): Promise<void> {
  const told = fieldNames.filter((name) => batches.some(({ batch }) => batch.tells(name)));
  const columns = [
    { name: COLLECTION_TIME, as: storedAs('time') },
    ...told.map((name) => ({ name, as: storedField(name) })),
  ];
  const staged = columns.map(({ name, as }) => `${quotedName(name)} ${as.staged}`);
  await connection.run(`CREATE OR REPLACE TEMP TABLE staged (${staged.join()})`);
  const names = new Dictionary();
  const places = new Dictionary();
  const appender = await connection.createAppender('staged');
  // One chunk for all rows: each new one would stay in memory for long.
  const chunk = duckdb.DuckDBDataChunk.create(columns.map(({ as }) => duckdb[as.staged]));
  for (const stored of batches) {
    const filling = new ChunkFilling(chunk, told, names, places);
    filling.fill(stored, () => appender.appendDataChunk(chunk));
  }
  appender.closeSync();
  const texts = Array.from({ length: names.size - 1 }, (_, i) => names.text(i + 1));
  const octets = Array.from({ length: places.size - 1 }, (_, i) => octetsOf(places, i + 1));
  await connection.run('SET VARIABLE names = $1', [duckdb.listValue(texts)], [duckdb.LIST(duckdb.VARCHAR)]);
  await (addresses === 'text'
    ? connection.run(
        'SET VARIABLE addresses = $1',
        [duckdb.listValue(octets.map(addressText))],
        [duckdb.LIST(duckdb.VARCHAR)],
      )
    : connection.run(
        'SET VARIABLE addresses = $1',
        [duckdb.listValue(octets.map((each) => new duckdb.DuckDBBlobValue(each)))],
        [duckdb.LIST(duckdb.BLOB)],
      ));
  const written = hasTime ? columns : columns.slice(1);
  const values = written.map(({ name, as }) => `${as.convert(quotedName(name))} AS ${quotedName(name)}`);
  await connection.run(
    `COPY (SELECT ${values.join()} FROM staged) TO ${sqlText(path)} (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)`,
  );
  await connection.run('DROP TABLE staged');
}

/** A text as a literal of SQL. */
export const sqlText = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Copies rows of a batch into a chunk, with numbers that hold for the whole file. */
class ChunkFilling {
  readonly #chunk: DuckDBDataChunk;
  readonly #told: readonly FieldName[];
  readonly #names: Dictionary;
  readonly #places: Dictionary;
  /** Numbers of the file by those of the batch. */
  readonly #ids = new Map<number, number>([[0, 0]]);
  readonly #octets = new DataView(new ArrayBuffer(ADDRESS_OCTETS));

  constructor(chunk: DuckDBDataChunk, told: readonly FieldName[], names: Dictionary, places: Dictionary) {
    this.#chunk = chunk;
    this.#told = told;
    this.#names = names;
    this.#places = places;
  }

  fill({ batch, timeMs }: StoredBatch, append: () => void): void {
    for (let from = 0; from < batch.length; from += CHUNK_ROWS) {
      const rows = Math.min(CHUNK_ROWS, batch.length - from);
      this.#chunk.rowCount = rows;
      const time = this.#vector(0);
      time.items.fill(timeMs);
      time.flush();
      for (const [i, name] of this.#told.entries()) {
        const vector = this.#vector(i + 1);
        this.#copy(batch, name, from, vector.items);
        vector.flush();
      }
      append();
    }
  }

  #vector(index: number): NumericVector {
    return this.#chunk.getColumnVector(index) as unknown as NumericVector;
  }

  #copy(batch: FlowBatch, name: FieldName, from: number, items: Items): void {
    const column: Column<Storage> = batch.columns[name];
    const { storage } = fieldOf(name);
    for (let i = 0; i < items.length; i++) {
      const row = from + i;
      if (storage === 'string') items[i] = this.#idOf(batch.dictionary, column[row]!);
      else if (storage === 'address') items[i] = this.#placeOf(column as Uint32Array, row * 4);
      else items[i] = column[row]!;
    }
  }

  #idOf({ bytes, offsets, lengths }: Dictionary, id: number): number {
    const known = this.#ids.get(id);
    if (known !== undefined) return known;
    const fresh = this.#names.intern(bytes, offsets[id]!, lengths[id]!);
    this.#ids.set(id, fresh);
    return fresh;
  }

  #placeOf(words: Uint32Array, at: number): number {
    if (isAbsent(words, at)) return 0;
    for (let i = 0; i < 4; i++) this.#octets.setUint32(4 * i, words[at + i]!);
    return this.#places.intern(new Uint8Array(this.#octets.buffer), 0, ADDRESS_OCTETS);
  }
}

function octetsOf({ bytes, offsets }: Dictionary, id: number): Uint8Array {
  return bytes.slice(offsets[id]!, offsets[id]! + ADDRESS_OCTETS);
}

function addressText(octets: Uint8Array): string {
  const view = new DataView(octets.buffer, octets.byteOffset, ADDRESS_OCTETS);
  return formatAddress([0, 4, 8, 12].map((at) => view.getUint32(at)));
}
