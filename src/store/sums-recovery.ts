import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type SumRange, sumRangeOf, sumsName } from './file-names.ts';
import type { HistoryOptions } from './history-options.ts';
import type { Manifest, SumsFile } from './manifest.ts';
import type { ParquetReader } from './parquet-reader.ts';
import { adoptFile, discardStray, lossOf, lossText, withMark } from './recovery.ts';
import { SCHEMA } from './stored-columns.ts';
import { madeOf, tierMs } from './sum-columns.ts';
import { isWithin } from './sum-ranges.ts';

/**
 * Brings files of sums and manifest together, after an end of any kind. Those that are damaged or missing are
 * made again later, as far as what they sum up is still there.
 * @param pending the segments that no file has yet
 */
export async function checkSums(
  { directory, onTrouble = () => {}, onSumsRemoval }: HistoryOptions,
  manifest: Manifest,
  pending: readonly { readonly number: number }[],
): Promise<void> {
  for (const [name, file] of [...manifest.sums]) {
    const path = join(directory, name);
    const loss = await lossOf(path, file, onTrouble);
    if (loss === undefined) {
      manifest.sums.set(name, await withMark(file, path));
      continue;
    }
    const { fault } = loss;
    const lost = Math.max(0, file.records - sourceRecordsOf(file, manifest));
    await manifest.removeSums(file, fault, lost);
    if (lost > 0) onSumsRemoval?.(file.tier, fault, lost);
    onTrouble(fault, `the file ${path} of the history is ${lossText(loss)}: ${consequenceOf(file, lost)}`);
  }
  const strays = (await readdir(directory)).flatMap((name) => sumRangeOf(name) ?? []);
  // The wider one has replaced others.
  for (const range of strays.sort((one, other) => sizeOf(other) - sizeOf(one))) {
    if (manifest.sums.has(sumsName(range))) continue;
    const isRepeated = manifest.sumsOf(range.tier).some((file) => doOverlap(file, range));
    const isEarly = range.last < manifest.sumsBegin[range.tier];
    const isPending = pending.some(({ number }) => range.first <= number && number <= range.last);
    const path = join(directory, sumsName(range));
    const listFile = async (reader: ParquetReader) => {
      const extent = await reader.sumsExtent();
      const file = { ...range, schema: SCHEMA, level: 0, ...extent, ...reader.mark() };
      if (!maySumUp(file, manifest)) throw new Error('it sums up other records');
      await manifest.addSums(file);
    };
    if (isRepeated || isEarly || isPending) await discardStray(path, onTrouble);
    else await adoptFile(path, listFile, 'has no sums of the history', onTrouble);
  }
}

/** Whether sums may be those of the records of their numbers. Records may be gone. */
function maySumUp({ tier, first, last, records, fromMs, toMs }: SumsFile, { files }: Manifest): boolean {
  const summed = [...files.values()].filter(({ number }) => first <= number && number <= last);
  const there = summed.reduce((sum, file) => sum + file.records, 0);
  const isInTime = summed.every((file) => file.fromMs >= fromMs && file.toMs < toMs + tierMs[tier]);
  return isInTime && (summed.length <= last - first ? there <= records : there === records);
}

const sizeOf = ({ first, last }: SumRange): number => last - first;

const doOverlap = (one: SumRange, other: SumRange): boolean =>
  one.first <= other.last && other.first <= one.last;

/** Of how many records the sums can be made again. */
function sourceRecordsOf(file: SumsFile, manifest: Manifest): number {
  let records = 0;
  for (const { number, records: some } of manifest.files.values())
    if (file.first <= number && number <= file.last) records += some;
  const tier = madeOf[file.tier];
  const finer = tier === undefined ? [] : manifest.sumsOf(tier).filter((each) => isWithin(each, file));
  return Math.max(
    records,
    finer.reduce((sum, each) => sum + each.records, 0),
  );
}

function consequenceOf({ tier, fromMs, toMs }: SumsFile, lost: number): string {
  if (lost === 0) return 'its sums are made again';
  const [from, to] = [fromMs, toMs].map((ms) => new Date(ms).toISOString());
  return `the sums of ${lost} records in the ${tier} from ${from} to ${to} are lost`;
}
