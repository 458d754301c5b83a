import { errnoOf, type Segment } from '../sinks/index.ts';
import { FileRows } from './file-rows.ts';
import type { GatheredRows } from './gathered-rows.ts';
import type { LogPart } from './manifest.ts';
import { readSegmentFile, type SegmentDamage } from './stored-segment.ts';
import { octetsOfFile } from './synced-file.ts';

/**
 * The rows of a complete segment, for its writer, who knows what it must have. Undefined when its file is not
 * there.
 * @param gathered its rows, if they are still in memory
 */
export async function rowsOfSegment(
  { path, number, octets, left: { records } }: Segment,
  gathered: GatheredRows | undefined,
  log: ReadonlyMap<number, LogPart>,
  nowMs: number,
): Promise<{ readonly rows: FileRows; readonly damage: SegmentDamage | undefined } | undefined> {
  const stored = await octetsOfFile(path);
  if (stored === undefined) return undefined;
  if (gathered !== undefined && stored >= octets) return { rows: gathered.inFile(), damage: undefined };
  const { fromMs, toMs } = log.get(number) ?? { fromMs: nowMs, toMs: nowMs };
  try {
    const listed = { number, fromMs, toMs, octets, records };
    const { batches, damage } = await readSegmentFile(path, number, listed);
    return { rows: FileRows.ofStored(batches), damage };
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
