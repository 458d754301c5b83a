import { chmod, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { LazyEngine } from './engine.ts';
import { parquetName, temporaryName } from './file-names.ts';
import type { StoredFile, SumsFile } from './manifest.ts';
import { writeRecordFile } from './parquet-writer.ts';
import { StagedRows, type StoredBatch } from './staged-rows.ts';
import { SCHEMA } from './stored-columns.ts';
import type { SumFiles } from './sum-files.ts';
import { syncFile } from './synced-file.ts';

/** A file of records and its sums by minute, both complete and under temporary names. */
export interface MadeFile {
  readonly path: string;
  readonly file: StoredFile;
  readonly minutes: SumsFile;
}

/** Makes a file of batches, if there are any. Records and sums come from the same rows. */
export async function makeFile(
  lazy: LazyEngine,
  directory: string,
  number: number,
  batches: readonly StoredBatch[],
  sums: SumFiles,
): Promise<MadeFile | undefined> {
  if (batches.length === 0) return undefined;
  const engine = await lazy.started();
  const path = join(directory, temporaryName(parquetName(number)));
  try {
    await using staged = await StagedRows.of(engine, batches);
    await writeRecordFile(engine, path, staged);
    await chmod(path, 0o600);
    const octets = await syncFile(path);
    const minutes = await sums.writeMinutes(engine, number, staged);
    return { path, file: { number, schema: SCHEMA, ...extentOf(batches), octets }, minutes };
  } catch (error) {
    await rm(path, { force: true }).catch(() => {});
    throw error;
  }
}

function extentOf(batches: readonly StoredBatch[]): { records: number; fromMs: number; toMs: number } {
  let [records, fromMs, toMs] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { batch, timeMs } of batches) {
    records += batch.length;
    fromMs = Math.min(fromMs, timeMs);
    toMs = Math.max(toMs, timeMs);
  }
  return { records, fromMs, toMs };
}
