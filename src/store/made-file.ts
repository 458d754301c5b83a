import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { LazyEngine } from './engine.ts';
import { markOfFile } from './file-mark.ts';
import { parquetName, temporaryName } from './file-names.ts';
import type { FileRows } from './file-rows.ts';
import type { StoredFile, SumsFile } from './manifest.ts';
import { writeParquet } from './parquet/index.ts';
import { recordColumns } from './record-columns.ts';
import { SCHEMA } from './stored-columns.ts';
import type { SumFiles } from './sum-files.ts';

/** A file of records and its sums, all complete and under temporary names. */
export interface MadeFile {
  readonly path: string;
  readonly file: StoredFile;
  readonly sums: readonly SumsFile[];
}

/** Makes a file of rows, if there are any. Records and sums come from the same rows. */
export async function makeFile(
  lazy: LazyEngine,
  directory: string,
  number: number,
  rows: FileRows,
  sums: SumFiles,
): Promise<MadeFile | undefined> {
  if (rows.length === 0) return undefined;
  const path = join(directory, temporaryName(parquetName(number)));
  try {
    await writeParquet(path, recordColumns(rows), rows.length);
    const file = { number, schema: SCHEMA, ...extentOf(rows), ...(await markOfFile(path)) };
    return { path, file, sums: await sums.writeOf(lazy, number, rows, path) };
  } catch (error) {
    await rm(path, { force: true }).catch(() => {});
    throw error;
  }
}

function extentOf({ times }: FileRows): { records: number; fromMs: number; toMs: number } {
  let [fromMs, toMs] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const timeMs of times) {
    if (timeMs < fromMs) fromMs = timeMs;
    if (timeMs > toMs) toMs = timeMs;
  }
  return { records: times.length, fromMs, toMs };
}
