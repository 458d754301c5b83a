import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Engine, LazyEngine } from '../engine.ts';
import { type SumRange, sumsName, temporaryName } from '../file-names.ts';
import { firstLineOf } from '../history-error.ts';
import type { SumsFile } from '../manifest.ts';
import { ParquetReader } from '../parquet-reader.ts';
import type { RecordSums } from '../record-sums.ts';
import { SCHEMA } from '../stored-columns.ts';
import { writeSums } from '../stored-sums.ts';
import { type SummableRows, unitedRows } from '../sum-columns.ts';
import type { SumSource, WantedSums } from './maker.ts';

/** Where a file of sums is until it gets its name. */
export const temporarySums = (directory: string, range: SumRange): string =>
  join(directory, temporaryName(sumsName(range)));

/**
 * Makes the sums of a file of records, for one tier.
 * @param path of that file
 */
export async function madeTierOf(
  lazy: LazyEngine,
  directory: string,
  range: SumRange,
  sums: RecordSums,
  path: string,
): Promise<SumsFile> {
  const own = temporarySums(directory, range);
  try {
    const extent = await sums.write(own, range.tier);
    if (extent !== undefined) return { ...range, schema: SCHEMA, level: 0, ...extent };
  } catch (error) {
    await rm(own, { force: true }).catch(() => {});
    throw error;
  }
  const engine = await lazy.started();
  await using records = await ParquetReader.open(engine, path);
  return await madeSumsOf(engine, directory, range, 0, unitedRows('records', [records]));
}

/** Makes sums of files. */
export async function madeSums(
  engine: Engine,
  directory: string,
  { range, level, form, of }: WantedSums,
): Promise<SumsFile> {
  await using sources = new AsyncDisposableStack();
  const rows: ParquetReader[] = [];
  for (const source of of) rows.push(sources.use(await openSource(engine, directory, source)));
  return await madeSumsOf(engine, directory, range, level, unitedRows(form, rows));
}

async function madeSumsOf(
  engine: Engine,
  directory: string,
  { tier, first, last }: SumRange,
  level: number,
  rows: SummableRows,
): Promise<SumsFile> {
  const path = temporarySums(directory, { tier, first, last });
  try {
    return { tier, first, last, schema: SCHEMA, level, ...(await writeSums(engine, path, tier, rows)) };
  } catch (error) {
    await rm(path, { force: true }).catch(() => {});
    throw error;
  }
}

/** @throws {Error} with the name of the file */
async function openSource(engine: Engine, directory: string, source: SumSource): Promise<ParquetReader> {
  const { name, listed } = source;
  try {
    return await ParquetReader.open(engine, join(directory, name), listed);
  } catch (cause) {
    throw new Error(`${name}: ${firstLineOf(cause)}`, { cause });
  }
}
