import type { DuckDBDataChunk, DuckDBVarCharVector } from '@duckdb/node-api';
import type { Engine } from './engine.ts';

/**
 * Different texts that a type of DuckDB may have. With 5,000, a type is several times faster than reading
 * each text. But each use of it in a statement copies it: 230,000 names of 170 octets took 2 GB.
 */
const MOST_TYPED = 10_000;

/** Numbers the texts of columns, alike in all of them. A row without a text has 0. */
export interface TextNumbers extends AsyncDisposable {
  /** The text of number `n` is `texts[n - 1]`; complete once all chunks are numbered. */
  readonly texts: readonly string[];
  /** What a statement selects in place of a column. */
  selectedOf(column: string): string;
  /** The numbers of the rows of a chunk, from what was selected. */
  numbersIn(chunk: DuckDBDataChunk, index: number): ArrayLike<number>;
}

/**
 * Numbers the texts of the columns of a table.
 * @param rows of the table
 */
export async function numberTexts(
  engine: Engine,
  table: string,
  columns: readonly string[],
  rows: number,
): Promise<TextNumbers> {
  const isFew =
    rows * columns.length <= MOST_TYPED || (await countTexts(engine, table, columns)) <= MOST_TYPED;
  return isFew ? await TypedTexts.make(engine, table, columns) : new ReadTexts();
}

/** The values of a column of numbers that lacks none. */
export function columnNumbers(chunk: DuckDBDataChunk, index: number): ArrayLike<number> {
  const { items } = chunk.getColumnVector(index) as unknown as { items: Uint32Array | Float64Array };
  return items.subarray(0, chunk.rowCount);
}

/** About as many as there are different texts in the columns; one that is in two of them counts twice. */
async function countTexts(
  { connection }: Engine,
  table: string,
  columns: readonly string[],
): Promise<number> {
  const counts = columns.map((column) => `approx_count_distinct(${column})`);
  const answer = await connection.runAndReadAll(`SELECT ${counts.join(' + ')} FROM ${table}`);
  return Number(answer.getRows()[0]![0]);
}

/** DuckDB numbers them, by a type that has all of them. */
class TypedTexts implements TextNumbers {
  readonly texts: readonly string[];
  readonly #engine: Engine;

  private constructor(engine: Engine, texts: readonly string[]) {
    this.#engine = engine;
    this.texts = texts;
  }

  static async make(engine: Engine, table: string, columns: readonly string[]): Promise<TypedTexts> {
    const { connection } = engine;
    const texts = columns.map((column) => `SELECT DISTINCT ${column} AS text FROM ${table}`);
    await connection.run(
      `CREATE TEMP TYPE texts AS ENUM (SELECT text FROM (SELECT '' AS text UNION ${texts.join(' UNION ')}) WHERE text IS NOT NULL)`,
    );
    const listed = await connection.runAndReadAll('SELECT unnest(enum_range(NULL::texts))::VARCHAR');
    return new TypedTexts(
      engine,
      listed.getRows().map(([text]) => String(text)),
    );
  }

  selectedOf(column: string): string {
    return `coalesce(enum_code(${column}::texts)::UINTEGER + 1, 0)::UINTEGER`;
  }

  numbersIn(chunk: DuckDBDataChunk, index: number): ArrayLike<number> {
    return columnNumbers(chunk, index);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#engine.connection.run('DROP TYPE IF EXISTS texts');
  }
}

/** Each text is read, and numbered here. */
class ReadTexts implements TextNumbers {
  readonly texts: string[] = [];
  readonly #numbers = new Map<string, number>();

  selectedOf(column: string): string {
    return column;
  }

  numbersIn(chunk: DuckDBDataChunk, index: number): ArrayLike<number> {
    const vector = chunk.getColumnVector(index) as DuckDBVarCharVector;
    return Uint32Array.from({ length: chunk.rowCount }, (_, row) => this.#numberOf(vector.getItem(row)));
  }

  #numberOf(text: string | null): number {
    if (text === null) return 0;
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    const number = this.texts.push(text);
    this.#numbers.set(text, number);
    return number;
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
