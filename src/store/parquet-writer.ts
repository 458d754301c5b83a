import { fieldNames } from '../flow/index.ts';
import type { Engine } from './engine.ts';
import { guessedColumn } from './guessed-columns.ts';
import { StagedRows, type StoredBatch } from './staged-rows.ts';
import { COLLECTION_TIME, quotedName } from './stored-columns.ts';

/** Writes staged rows as a Parquet file of a history. */
export async function writeRecordFile(engine: Engine, path: string, { told }: StagedRows): Promise<void> {
  const columns = [...told].map((name) => guessedColumn(name, told));
  const values = columns.map(({ name, sql }) => `${sql} AS ${quotedName(name)}`);
  await copyTo(engine, path, `SELECT ${[quotedName(COLLECTION_TIME), ...values].join()} FROM rows`);
}

/** Writes batches as a Parquet file for other programs: addresses as texts, and fields only. */
export async function writeExportFile(
  engine: Engine,
  path: string,
  batches: readonly StoredBatch[],
): Promise<void> {
  await using staged = await StagedRows.of(engine, batches, 'text');
  const told = fieldNames.filter((name) => staged.told.has(name)).map(quotedName);
  await copyTo(engine, path, `SELECT ${told.join()} FROM rows`);
}

/** Writes what a query returns as a Parquet file. */
export async function copyTo({ connection }: Engine, path: string, query: string): Promise<void> {
  await connection.run(
    `COPY (${query}) TO ${sqlText(path)} (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)`,
  );
}

/** A text as a literal of SQL. */
export const sqlText = (text: string): string => `'${text.replaceAll("'", "''")}'`;
