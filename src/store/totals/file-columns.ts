import type { DuckDBListValue } from '@duckdb/node-api';
import type { Engine } from '../engine.ts';
import { pathsSql } from './read-source.ts';
import type { OpenFile } from './snapshot.ts';

/** Those of files that some statement has read. A file does not change while it is open. */
const known = new WeakMap<OpenFile, ReadonlySet<string>>();

/** Tells the columns of files. One statement reads those of all files that are not known yet. */
export async function columnsOfFiles(
  { connection }: Engine,
  files: readonly OpenFile[],
): Promise<(file: OpenFile) => ReadonlySet<string>> {
  const unknown = new Map(files.filter((file) => !known.has(file)).map((file) => [file.path, file]));
  if (unknown.size > 0) {
    const schemas = await connection.runAndReadAll(
      `SELECT file_name, list(name) FROM parquet_schema(${pathsSql([...unknown.values()])})
       WHERE type IS NOT NULL GROUP BY file_name`,
    );
    for (const [path, names] of schemas.getRows())
      known.set(unknown.get(path as string)!, new Set((names as DuckDBListValue).items as string[]));
  }
  return (file) => known.get(file)!;
}
