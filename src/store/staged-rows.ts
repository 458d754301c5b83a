import {
  Dictionary,
  type FieldName,
  type FlowBatch,
  fieldNames,
  fieldOf,
  formatAddress,
  isAbsent,
  type Storage,
} from '../flow/index.ts';
import { workloadOfPod } from './dimension-columns.ts';
import type { Engine } from './engine.ts';
import { COLLECTION_TIME, quotedName, type StagedType, storedAs } from './stored-columns.ts';
import { FileTexts } from './text-columns.ts';

/** A batch, and when it was stored: milliseconds since 1970. */
export interface StoredBatch {
  readonly batch: FlowBatch;
  readonly timeMs: number;
}

/** Rows of a chunk in DuckDB. */
const CHUNK_ROWS = 2048;
const ADDRESS_OCTETS = 16;
/** Column of the table `lists`. */
const ADDRESSES = 'addresses';

/** Columns of the view that have the workload of a Pod. It takes long, so it is found once for each name. */
export const workloadColumns: Partial<Record<FieldName, string>> = {
  sourcePodName: 'workload of sourcePodName',
  destinationPodName: 'workload of destinationPodName',
};

type Items = Uint8Array | Uint16Array | Uint32Array | Float64Array;
/** What numeric vectors of DuckDB have. `items` is not documented: hence the exact version of the package. */
interface NumericVector {
  readonly items: Items;
  flush(): void;
}

/** A column of the table. */
interface StagedColumn {
  readonly name: string;
  readonly staged: StagedType;
  /** The value that a history has, in SQL. */
  readonly value: string;
  /** For each batch, the numbers of its rows. */
  readonly numbers: readonly Items[];
}

/** A list of different values, in a column of the table `lists`. */
interface StagedList {
  readonly name: string;
  /** The list in SQL, of a variable. */
  readonly sql: string;
}

/**
 * Rows of batches in a table of DuckDB, and in the view `rows` with the values that a history has. DuckDB
 * takes texts one by one, which is slow. So the table has numbers, and the different texts of a column are an
 * enumeration, the shortest way into a file. They lie in a table of one row: a list in a variable would be
 * copied for every 2,048 rows.
 */
export class StagedRows implements AsyncDisposable {
  /** The fields that any row has a value in. */
  readonly told: ReadonlySet<FieldName>;
  /** The columns of the view. */
  readonly columns: ReadonlySet<string>;
  readonly #engine: Engine;
  readonly #batches: readonly StoredBatch[];
  readonly #types: string[] = [];

  private constructor(engine: Engine, batches: readonly StoredBatch[]) {
    this.#engine = engine;
    this.#batches = batches;
    this.told = new Set(fieldNames.filter((name) => batches.some(({ batch }) => batch.tells(name))));
    const workloads = [...this.told].flatMap((name) => workloadColumns[name] ?? []);
    this.columns = new Set([COLLECTION_TIME, ...this.told, ...workloads]);
  }

  /** @param addresses as `octets` filters can compare them, as `text` other programs can show them */
  static async of(
    engine: Engine,
    batches: readonly StoredBatch[],
    addresses: 'octets' | 'text' = 'octets',
  ): Promise<StagedRows> {
    const staged = new StagedRows(engine, batches);
    try {
      await staged.#stage(addresses);
      return staged;
    } catch (error) {
      await staged[Symbol.asyncDispose]();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { connection } = this.#engine;
    await connection.run('DROP VIEW IF EXISTS rows');
    await connection.run('DROP TABLE IF EXISTS staged');
    await connection.run('DROP TABLE IF EXISTS lists');
    for (const type of this.#types) await connection.run(`DROP TYPE IF EXISTS ${type}`);
  }

  async #stage(addresses: 'octets' | 'text'): Promise<void> {
    const { connection } = this.#engine;
    const places = new Dictionary();
    const columns = this.#numberColumns(places);
    const lists = [await this.#addressList(places, addresses)];
    const texts = new FileTexts();
    const workloads: string[] = [];
    for (const name of this.told) {
      if (fieldOf(name).storage !== 'string') continue;
      const { texts: different, numbers } = texts.columnOf(
        name,
        this.#batches.map(({ batch }) => batch),
      );
      const list = await this.#textList(name, different);
      lists.push(list);
      const workload = workloadColumns[name];
      if (workload !== undefined) {
        const item = quotedName(workload);
        const made = `list_transform(getvariable('${list.name}'), lambda pod: ${workloadOfPod('pod')})`;
        lists.push({ name: workload, sql: `${made} AS ${item}` });
        workloads.push(`${item}[${quotedName(name)}] AS ${item}`);
      }
      const value = `${quotedName(list.name)}[${quotedName(name)}]`;
      columns.push({ name, staged: 'UINTEGER', value, numbers });
    }
    await connection.run(`CREATE TEMP TABLE lists AS SELECT ${lists.map(({ sql }) => sql).join()}`);
    const types = columns.map(({ name, staged }) => `${quotedName(name)} ${staged}`);
    await connection.run(`CREATE TEMP TABLE staged (${types.join()})`);
    await this.#append(columns);
    const values = columns.map(({ name, value }) => `${value} AS ${quotedName(name)}`);
    values.push(...workloads);
    await connection.run(`CREATE TEMP VIEW rows AS SELECT ${values.join()} FROM staged, lists`);
  }

  #numberColumns(places: Dictionary): StagedColumn[] {
    const times = this.#batches.map(({ batch, timeMs }) => new Float64Array(batch.length).fill(timeMs));
    const columns = [numberColumn(COLLECTION_TIME, 'time', times)];
    for (const name of this.told) {
      const { storage } = fieldOf(name);
      if (storage === 'string') continue;
      const numbers = this.#batches.map(({ batch: { columns, length } }) =>
        storage === 'address'
          ? numbersOfAddresses(columns[name] as Uint32Array, length, places)
          : columns[name].subarray(0, length),
      );
      columns.push(numberColumn(name, storage, numbers));
    }
    return columns;
  }

  async #addressList(places: Dictionary, form: 'octets' | 'text'): Promise<StagedList> {
    const { connection, duckdb } = this.#engine;
    const octets = Array.from({ length: places.size - 1 }, (_, i) => octetsOf(places, i + 1));
    const values =
      form === 'text' ? octets.map(addressText) : octets.map((each) => new duckdb.DuckDBBlobValue(each));
    const type = form === 'text' ? duckdb.VARCHAR : duckdb.BLOB;
    await connection.run('SET VARIABLE addresses = $1', [duckdb.listValue(values)], [duckdb.LIST(type)]);
    return { name: ADDRESSES, sql: `getvariable('addresses') AS ${ADDRESSES}` };
  }

  async #textList(field: FieldName, texts: readonly string[]): Promise<StagedList> {
    const { connection, duckdb } = this.#engine;
    const name = `texts of ${field}`;
    const variable = `getvariable('${name}')`;
    await connection.run(
      `SET VARIABLE ${quotedName(name)} = $1`,
      [duckdb.listValue(texts)],
      [duckdb.LIST(duckdb.VARCHAR)],
    );
    await connection.run(`CREATE TEMP TYPE ${quotedName(name)} AS ENUM (SELECT unnest(${variable}))`);
    this.#types.push(quotedName(name));
    return { name, sql: `${variable}::${quotedName(name)}[] AS ${quotedName(name)}` };
  }

  async #append(columns: readonly StagedColumn[]): Promise<void> {
    const { connection, duckdb } = this.#engine;
    const appender = await connection.createAppender('staged');
    // One chunk for all rows: each new one would stay in memory for long.
    const chunk = duckdb.DuckDBDataChunk.create(columns.map(({ staged }) => duckdb[staged]));
    for (const [number, { batch }] of this.#batches.entries()) {
      for (let from = 0; from < batch.length; from += CHUNK_ROWS) {
        const rows = Math.min(CHUNK_ROWS, batch.length - from);
        chunk.rowCount = rows;
        for (const [i, { numbers }] of columns.entries()) {
          const vector = chunk.getColumnVector(i) as unknown as NumericVector;
          vector.items.set(numbers[number]!.subarray(from, from + rows));
          vector.flush();
        }
        appender.appendDataChunk(chunk);
      }
    }
    appender.closeSync();
  }
}

function numberColumn(name: string, storage: Storage, numbers: readonly Items[]): StagedColumn {
  const { staged, convert } = storedAs(storage);
  const value = convert(quotedName(name));
  // Most exporters have times in milliseconds, which compress better.
  const isWhole = storage === 'time' && numbers.every((column) => column.every(isWholeOrNone));
  return { name, staged, value: isWhole ? `(${value})::TIMESTAMP_MS` : value, numbers };
}

const isWholeOrNone = (ms: number): boolean => Number.isInteger(ms) || Number.isNaN(ms);

/** Addresses as numbers of `places`; 0 is none. */
function numbersOfAddresses(words: Uint32Array, rows: number, places: Dictionary): Uint32Array {
  const numbers = new Uint32Array(rows);
  const octets = new Uint8Array(ADDRESS_OCTETS);
  const view = new DataView(octets.buffer);
  for (let row = 0; row < rows; row++) {
    if (isAbsent(words, row * 4)) continue;
    for (let i = 0; i < 4; i++) view.setUint32(4 * i, words[row * 4 + i]!);
    numbers[row] = places.intern(octets, 0, ADDRESS_OCTETS);
  }
  return numbers;
}

function octetsOf({ bytes, offsets }: Dictionary, id: number): Uint8Array {
  return bytes.slice(offsets[id]!, offsets[id]! + ADDRESS_OCTETS);
}

function addressText(octets: Uint8Array): string {
  const view = new DataView(octets.buffer, octets.byteOffset, ADDRESS_OCTETS);
  return formatAddress([0, 4, 8, 12].map((at) => view.getUint32(at)));
}
