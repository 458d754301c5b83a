import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { segmentNumber } from '../sinks/index.ts';
import { parquetName, parquetNumber, sumRangeOf } from './file-names.ts';
import { leftOutReason } from './left-out.ts';
import { MANIFEST, type Manifest } from './manifest.ts';
import { ABSENCES, WRITING, WritingFile } from './writing-file.ts';
import type { WritingTimes } from './writing-spans.ts';

/** What a history has before its first record, too. */
const ownNames = [MANIFEST, WRITING, 'events'];

/**
 * The names in the directory of a history. A directory of something else would look like a history without
 * flows, and a mistyped name like a quiet network.
 * @throws {Error} ENOENT without such a directory, or when nothing in it is of a history
 */
export async function namesInHistory(directory: string): Promise<string[]> {
  const names = await readdir(directory);
  if (names.some(isOwn)) return names;
  throw Object.assign(new Error('it has no file of a history'), { code: 'ENOENT' });
}

const isOwn = (name: string): boolean =>
  ownNames.includes(name) || (parquetNumber(name) ?? segmentNumber(name) ?? sumRangeOf(name)) !== undefined;

/**
 * Files of records that the manifest lacks: somebody has deleted it, or it is damaged. Nobody reads them
 * until the next start of a writer lists them again.
 * @param names that were there before the manifest was read
 */
export function unlistedFiles(directory: string, names: readonly string[], manifest: Manifest): string[] {
  const pending = new Set(names.map(segmentNumber));
  return names.filter((name) => {
    const number = parquetNumber(name);
    if (number === undefined || pending.has(number)) return false;
    if (manifest.files.has(number) || manifest.deleted.has(number)) return false;
    return existsSync(join(directory, name)); // else its age or size was the reason
  });
}

/**
 * Numbers of the segments that no file has, the oldest first: those that are there, and those of the list.
 * @param names that were there before the manifest was read
 */
export function segmentsIn(names: readonly string[], { files, log, deleted }: Manifest): number[] {
  const there = names.map(segmentNumber).filter((number) => number !== undefined);
  // One that is a file, whose line is lost, is unlisted.
  const listed = [...log.keys()].filter((number) => !names.includes(parquetName(number)));
  return [...new Set([...there, ...listed])]
    .filter((number) => !files.has(number) && !deleted.has(number))
    .sort((one, other) => one - other);
}

/** What the files of times say. */
export interface WritingFiles {
  readonly writing: WritingTimes;
  readonly absences: WritingTimes;
}

/** A file that cannot be read says nothing but why. */
export async function readWritingFiles(directory: string): Promise<WritingFiles> {
  const timesIn = (name: typeof WRITING | typeof ABSENCES): Promise<WritingTimes> =>
    new WritingFile(directory, name)
      .read()
      .catch((error) => ({ knownFromMs: undefined, spans: [], unreadable: leftOutReason(error).why }));
  return { writing: await timesIn(WRITING), absences: await timesIn(ABSENCES) };
}

/** What of the list of files, and of that of the times of writing, cannot be read, for people. */
export function listFaults({ damagedLines, laterLines }: Manifest, times?: WritingFiles): string[] {
  return [
    ...(times === undefined ? [] : timesFaults(WRITING, times.writing)),
    ...(times === undefined ? [] : timesFaults(ABSENCES, times.absences)),
    ...(damagedLines === 0
      ? []
      : [
          `the list of files, ${MANIFEST}, lacks ${damagedLines} lines, or they are damaged: files may be left out`,
        ]),
    ...(laterLines === 0
      ? []
      : [`a later Weir wrote ${laterLines} lines of ${MANIFEST}, which are left out`]),
  ];
}

function timesFaults(name: string, { damagedLines = 0, unreadable }: WritingTimes): string[] {
  if (unreadable !== undefined) return [`left out ${name}, so gaps may be missing: ${unreadable}`];
  if (damagedLines === 0) return [];
  return [`${damagedLines} lines of ${name} are damaged: gaps may be too long, too short or missing`];
}

/** What to do about them. */
export const UNLISTED = 'the list of files lacks it; the next start of Weir lists it again';
