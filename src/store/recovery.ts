import { open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, type Segment, segmentName, segmentNumber } from '../sinks/index.ts';
import { Engine } from './engine.ts';
import { type FileMark, markOfFile } from './file-mark.ts';
import { damagedName, isDamaged, isTemporary, parquetName, parquetNumber } from './file-names.ts';
import { firstLineOf } from './history-error.ts';
import type { HistoryOptions } from './history-options.ts';
import { type LeftOutReason, leftOutReason, otherFileReason } from './left-out.ts';
import type { FileFault, Manifest, StoredFile } from './manifest.ts';
import { ParquetReader } from './parquet-reader.ts';
import { SCHEMA } from './stored-columns.ts';

/** The last octets of every complete Parquet file. */
const MAGIC = 'PAR1';

/**
 * Brings directory and manifest together, after an end of any kind. Files that cannot be read are renamed, so
 * that a person can look at them.
 * @param found the names that were there at first
 * @param segments what could be recovered of the log
 * @param refused the numbers of those that the system does not read
 * @returns the segments that no file has yet
 */
export async function checkFiles(
  options: HistoryOptions,
  manifest: Manifest,
  found: readonly string[],
  segments: readonly Segment[],
  refused: ReadonlySet<number>,
): Promise<Segment[]> {
  const { directory, onTrouble = () => {}, onRemoval } = options;
  for (const name of found.filter(isTemporary)) await discardStray(join(directory, name), onTrouble);
  const pending = new Set(segments.map(({ number }) => number));
  const names = await readdir(directory);
  const listedAgain: StoredFile[] = [];
  for (const name of names) {
    const number = parquetNumber(name);
    if (number === undefined || manifest.files.has(number)) continue;
    const path = join(directory, name);
    const listFile = async (reader: ParquetReader) => {
      const file = { number, schema: SCHEMA, ...(await reader.extent()), ...reader.mark() };
      if (await isRenamed(file, path, options, manifest)) return;
      await manifest.add(file);
      listedAgain.push(file);
    };
    if (pending.has(number) || manifest.deleted.has(number)) await discardStray(path, onTrouble);
    else await adoptFile(path, listFile, 'is no file of the history', onTrouble);
  }
  if (listedAgain.length > 0) onTrouble('list', listedText(directory, listedAgain));
  for (const file of [...manifest.files.values()]) {
    const path = join(directory, parquetName(file.number));
    const loss = await lossOf(path, file, onTrouble);
    if (loss === undefined) {
      manifest.files.set(file.number, await withMark(file, path));
      continue;
    }
    // Its segment, if it is still there, makes the file again.
    const records = pending.has(file.number) ? 0 : file.records;
    const { fault } = loss;
    await manifest.remove(file.number, fault, records);
    if (records > 0) onRemoval?.(fault, records);
    onTrouble(fault, textOf(loss, path, records));
  }
  await checkLog(options, manifest, found, segments, refused);
  const left: Segment[] = [];
  for (const segment of segments) {
    const { number } = segment;
    if (manifest.files.has(number) || manifest.deleted.has(number)) await segment.remove();
    else left.push(segment);
  }
  for (const name of names) {
    const number = parquetNumber(name) ?? segmentNumber(name);
    if (number !== undefined) manifest.next = Math.max(manifest.next, number + 1);
  }
  return left;
}

/** Deletes a file that nobody needs. A folder is somebody's, and is set aside. */
export async function discardStray(
  path: string,
  onTrouble: NonNullable<HistoryOptions['onTrouble']>,
): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return;
    if (errnoOf(error) !== 'EISDIR') throw error;
    const name = damagedName(path);
    await rename(path, name);
    onTrouble(
      'damaged',
      `the folder ${path} has the name of a file of the history. It is set aside as ${name}`,
    );
  }
}

/**
 * Whether a file is one of the list under another number. It gets its name again.
 * @throws {Error} when it is a copy of it: else its records would count twice
 */
async function isRenamed(
  file: StoredFile,
  path: string,
  { directory, onTrouble }: HistoryOptions,
  { files }: Manifest,
): Promise<boolean> {
  // Files have times to the microsecond.
  const factsOf = ({ records, fromMs, toMs, octets }: StoredFile) =>
    [records, Math.floor(fromMs * 1000), Math.floor(toMs * 1000), octets].join();
  const listed = [...files.values()].find((each) => factsOf(each) === factsOf(file));
  if (listed === undefined) return false;
  const own = join(directory, parquetName(listed.number));
  if ((await fileFaultOf(own, listed)) === undefined) throw new Error(`it has the records of ${own}`);
  await rename(path, own);
  onTrouble?.('list', `the file ${path} has the records of ${own}, which is its name again`);
  return true;
}

function listedText(directory: string, files: readonly StoredFile[]): string {
  const records = files.reduce((sum, file) => sum + file.records, 0);
  const names =
    files.length > 1 ? `${parquetName(files[0]!.number)} and others` : parquetName(files[0]!.number);
  return `the list of ${directory} lacked ${files.length} files with ${records} records: ${names}. They count again`;
}

/** Counts the records of the log that were listed and are gone, and lists what is left. */
async function checkLog(
  { directory, onTrouble, onRemoval }: HistoryOptions,
  manifest: Manifest,
  found: readonly string[],
  segments: readonly Segment[],
  refused: ReadonlySet<number>,
): Promise<void> {
  for (const part of [...manifest.log.values()].filter(({ number }) => !refused.has(number))) {
    const { number, fromMs, toMs } = part;
    const name = segmentName(number);
    const fault: FileFault = found.includes(name) ? 'damaged' : 'missing';
    const segment = segments.find((each) => each.number === number);
    const records = Math.max(0, part.records - (segment?.left.records ?? 0));
    if (segment === undefined) await manifest.remove(number, fault, records);
    else {
      if (records > 0) await manifest.loseFrom({ number, fromMs, toMs, records, fault });
      manifest.log.set(number, { ...part, records: segment.left.records, octets: segment.octets });
    }
    if (records === 0) continue;
    onRemoval?.(fault, records);
    onTrouble?.(fault, `the part ${join(directory, name)} of the log is ${fault}: ${records} records lost`);
  }
}

/** Octets of the files that were set aside, by name. A folder is somebody's, and never deleted. */
export async function damagedOctets(directory: string): Promise<Map<string, number>> {
  const octets = new Map<string, number>();
  for (const name of (await readdir(directory)).filter(isDamaged)) {
    const stats = await stat(join(directory, name));
    if (stats.isFile()) octets.set(name, stats.size);
  }
  return octets;
}

const textOf = (loss: FileLoss, path: string, records: number): string => {
  const aside = loss.fault === 'damaged' ? `. It is set aside as ${damagedName(path)}` : '';
  return `the file ${path} of the history is ${lossText(loss)}: ${records} records lost${aside}`;
};

/** For people: "missing" or "damaged (it has 500 octets instead of 2000)". */
export const lossText = ({ fault, why }: FileLoss): string =>
  fault === 'missing' ? fault : `${fault} (${why})`;

/** Why the records of a file are lost. */
interface FileLoss extends LeftOutReason {
  readonly fault: FileFault;
}

/**
 * Checks a complete Parquet file. One that is damaged, or not that of the list, is set aside. One that the
 * system does not read stays.
 * @returns why its records are lost; undefined if they are not
 * @throws {WeirError} WEIR_HISTORY_FAILED
 */
export async function lossOf(
  path: string,
  listed: FileMark,
  onTrouble: NonNullable<HistoryOptions['onTrouble']>,
): Promise<FileLoss | undefined> {
  const reason = await fileFaultOf(path, listed);
  if (reason === undefined) return undefined;
  const { fault, why } = reason;
  if (fault === 'unreadable') {
    onTrouble(fault, stayingText(path, reason));
    return undefined;
  }
  if (fault === 'damaged') await rename(path, damagedName(path));
  return { fault, why };
}

/** A file of an older Weir gets a checksum, so that it is known from now on. */
export async function withMark<File extends FileMark>(file: File, path: string): Promise<File> {
  if (file.endCrc !== undefined) return file;
  const mark = await markOfFile(path).catch(() => undefined); // The system does not read it.
  return { ...file, ...mark };
}

/** What is wrong with the file; undefined for nothing. */
async function fileFaultOf(path: string, listed: FileMark): Promise<LeftOutReason | undefined> {
  try {
    await using file = await open(path, 'r');
    const stats = await file.stat();
    if (!stats.isFile()) return { fault: 'damaged', why: 'it is no file' };
    const other = otherFileReason(file, listed);
    if (other !== undefined) return other;
    const end = Buffer.alloc(MAGIC.length);
    await file.read(end, 0, end.length, Math.max(0, listed.octets - end.length));
    return end.toString() === MAGIC
      ? undefined
      : { fault: 'damaged', why: 'its end is no end of such a file' };
  } catch (error) {
    return leftOutReason(error);
  }
}

/** A text about a file that the system does not read. The file stays, because it may be whole. */
export const stayingText = (path: string, { why }: LeftOutReason): string =>
  `${path} stays in the history, and answers lack it: ${why}`;

/**
 * Lists a complete file that the manifest lacks: somebody has deleted the manifest, or its last lines. One
 * that the system does not read is listed by a later start.
 * @param listFile lists what its reader finds
 * @param otherwise what the file is if that fails: "is no file of the history"
 */
export async function adoptFile(
  path: string,
  listFile: (reader: ParquetReader) => Promise<void>,
  otherwise: string,
  onTrouble: (kind: string, text: string) => void,
): Promise<void> {
  try {
    using engine = await Engine.start();
    await using reader = await ParquetReader.open(engine, path);
    await listFile(reader);
  } catch (error) {
    const reason = leftOutReason(error);
    if (reason.fault === 'unreadable') return onTrouble(reason.fault, stayingText(path, reason));
    await rename(path, damagedName(path));
    onTrouble(
      'damaged',
      `the file ${path} ${otherwise} (${firstLineOf(error)}). It is set aside as ${damagedName(path)}`,
    );
  }
}
