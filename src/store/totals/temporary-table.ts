import type { DuckDBValue } from '@duckdb/node-api';
import type { Engine } from '../engine.ts';

export interface NamedColumn {
  readonly name: string;
  readonly type: 'VARCHAR' | 'HUGEINT' | 'INTEGER' | 'USMALLINT' | 'UTINYINT';
}

/** Rows that DuckDB takes at once. */
const ROWS_OF_CHUNK = 2_048;

/** Makes a temporary table of DuckDB, in place of one with the same name. */
export async function makeTable(
  engine: Engine,
  name: string,
  columns: readonly NamedColumn[],
  rows: Iterable<readonly DuckDBValue[]>,
): Promise<void> {
  const described = columns.map((column) => `${column.name} ${column.type}`);
  await engine.connection.run(`CREATE OR REPLACE TEMP TABLE ${name} (${described.join()})`);
  await appendRows(engine, name, columns, rows);
}

/**
 * Appends rows to a temporary table.
 * @returns how many they are
 */
export async function appendRows(
  { connection, duckdb }: Engine,
  name: string,
  columns: readonly NamedColumn[],
  rows: Iterable<readonly DuckDBValue[]>,
): Promise<number> {
  const types = columns.map(({ type }) => duckdb[type]);
  const appender = await connection.createAppender(name);
  let length = 0;
  let part: (readonly DuckDBValue[])[] = [];
  const appendPart = () => {
    const chunk = duckdb.DuckDBDataChunk.create(types);
    chunk.setRows(part);
    appender.appendDataChunk(chunk);
    length += part.length;
    part = [];
  };
  for (const row of rows) if (part.push(row) === ROWS_OF_CHUNK) appendPart();
  if (part.length > 0) appendPart();
  appender.closeSync();
  return length;
}
