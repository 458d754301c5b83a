import { mkdtemp, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { batchOf, Dictionary } from '../flow/index.ts';
import { Engine } from './engine.ts';
import { FileRows } from './file-rows.ts';
import { historyError } from './history-error.ts';
import { writeParquet } from './parquet/index.ts';
import { sqlText } from './parquet-writer.ts';
import { exportColumns } from './record-columns.ts';
import type { StoredBatch } from './stored-segment.ts';
import type { FoundRows } from './wanted-flows.ts';

/** Records that are in memory at once. */
const PART_RECORDS = 65_536;

/**
 * Writes records as one Parquet file for other programs, with addresses as text. Beside the file it needs as
 * much room again while it works.
 * @returns how many records the file has
 * @throws {WeirError} WEIR_HISTORY_…
 */
export async function exportParquet(flows: AsyncIterable<FoundRows>, path: string): Promise<number> {
  let work: string | undefined;
  try {
    work = await mkdtemp(join(dirname(path), '.weir-export-'));
    using engine = await Engine.start();
    const parts: string[] = [];
    let records = 0;
    for await (const batches of inParts(flows)) {
      const part = join(work, `${parts.length}.parquet`);
      const rows = FileRows.ofStored(batches);
      await writeParquet(part, exportColumns(rows), rows.length);
      parts.push(part);
      for (const { batch } of batches) records += batch.length;
    }
    if (records === 0) return 0;
    // A pattern in the name of the directory would mean other files.
    const files = parts.map((part) => sqlText(part.replace(/[[\]*?]/g, '[$&]')));
    await engine.connection.run(
      `COPY (FROM read_parquet([${files.join()}], union_by_name = true)) TO ${sqlText(path)} (FORMAT parquet, COMPRESSION zstd)`,
    );
    return records;
  } catch (error) {
    throw historyError(`write ${path} from`, '', error);
  } finally {
    if (work !== undefined) await rm(work, { recursive: true, force: true });
  }
}

async function* inParts(flows: AsyncIterable<FoundRows>): AsyncGenerator<StoredBatch[]> {
  let batches: StoredBatch[] = [];
  let records = 0;
  for await (const { batch, rows } of flows) {
    const isWhole = rows.length === batch.length;
    const found = isWhole
      ? batch
      : batchOf(
          rows.map((row) => batch.at(row)),
          new Dictionary(),
        );
    batches.push({ batch: found, timeMs: Number.NaN });
    records += rows.length;
    if (records < PART_RECORDS) continue;
    yield batches;
    [batches, records] = [[], 0];
  }
  if (batches.length > 0) yield batches;
}
