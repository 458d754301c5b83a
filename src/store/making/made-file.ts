import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { LazyEngine } from '../engine.ts';
import { markOfFile } from '../file-mark.ts';
import { parquetName, sumTiers, temporaryName } from '../file-names.ts';
import type { FileRows } from '../file-rows.ts';
import type { SumsFile } from '../manifest.ts';
import { writeParquet } from '../parquet/index.ts';
import { recordColumns } from '../record-columns.ts';
import { RecordSums } from '../record-sums.ts';
import { SCHEMA } from '../stored-columns.ts';
import { madeOf } from '../sum-columns.ts';
import { madeTierOf, temporarySums } from './made-sums.ts';
import type { MadeFile } from './maker.ts';

/** Makes a file of rows, if there are any. Records and sums come from the same rows. */
export async function madeFileOf(
  engine: LazyEngine,
  directory: string,
  number: number,
  rows: FileRows,
): Promise<MadeFile | undefined> {
  if (rows.length === 0) return undefined;
  const path = join(directory, temporaryName(parquetName(number)));
  const sums: SumsFile[] = [];
  try {
    await writeParquet(path, recordColumns(rows), rows.length);
    const file = { number, schema: SCHEMA, ...extentOf(rows), ...(await markOfFile(path)) };
    const recordSums = new RecordSums(rows);
    for (const tier of sumTiers)
      if (madeOf[tier] === undefined)
        sums.push(
          await madeTierOf(engine, directory, { tier, first: number, last: number }, recordSums, path),
        );
    return { path, file, sums };
  } catch (error) {
    for (const each of [path, ...sums.map((file) => temporarySums(directory, file))])
      await rm(each, { force: true }).catch(() => {});
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
