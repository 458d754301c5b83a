import { errnoOf } from '../../sinks/index.ts';
import { FileRows } from '../file-rows.ts';
import type { FileArrays } from '../parquet/index.ts';
import { readSegmentFile, type SegmentDamage } from '../stored-segment.ts';
import { octetsOfFile } from '../synced-file.ts';
import type { RowsInMemory, WholeSegment } from './maker.ts';

/**
 * The rows of a complete segment. Undefined when its file is not there.
 * @param gathered its rows, if they are still in memory
 */
export async function rowsOfSegment(
  { path, number, octets, records, storedAt }: WholeSegment,
  gathered: RowsInMemory | undefined,
  arrays: FileArrays,
): Promise<{ readonly rows: FileRows; readonly damage: SegmentDamage | undefined } | undefined> {
  const stored = await octetsOfFile(path);
  if (stored === undefined) return undefined;
  if (gathered !== undefined && stored >= octets)
    return { rows: new FileRows(gathered.batches, gathered.times, arrays), damage: undefined };
  try {
    const { batches, damage } = await readSegmentFile(path, number, { number, ...storedAt, octets, records });
    return { rows: FileRows.ofStored(batches, arrays), damage };
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
