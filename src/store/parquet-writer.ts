import type { Engine } from './engine.ts';

/** Writes what a query returns as a Parquet file. */
export async function copyTo({ connection }: Engine, path: string, query: string): Promise<void> {
  await connection.run(
    `COPY (${query}) TO ${sqlText(path)} (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)`,
  );
}

/** A text as a literal of SQL. */
export const sqlText = (text: string): string => `'${text.replaceAll("'", "''")}'`;
