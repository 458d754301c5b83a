import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { NO_LINK } from '../runtime/index.ts';
import { errnoOf } from '../sinks/index.ts';
import { type FileMark, faultOfMark, readMark } from './file-mark.ts';
import { parquetName, sumsName } from './file-names.ts';
import { errnoIn, firstLineOf, historyError, isShortage } from './history-error.ts';
import { type FileFault, type LostFile, Manifest } from './manifest.ts';
import type { TimeSpan } from './time-span.ts';

/** Why a file is left out. */
export interface LeftOutReason {
  /** Of one that is `unreadable`, the system does not read what may be whole. */
  readonly fault: FileFault | 'unreadable';
  /** For people, with what to do. */
  readonly why: string;
}

/** Records that an answer lacks, because a file cannot be read. */
export interface LeftOutPart extends TimeSpan, LeftOutReason {
  readonly name: string;
  /** At least so many. */
  readonly records: number;
  /** Whether the file has others, which can be read. */
  readonly isPart?: true;
}

/** How often a file is looked for that the list has, and how long to wait each time. */
export const MOST_ATTEMPTS = 5;
export const WAIT_MS = 20;
const MISSING = 'it is missing';
export const GONE: LeftOutReason = { fault: 'missing', why: MISSING };

/**
 * Why a file is left out that an attempt to read it has found so.
 * @throws {WeirError} WEIR_HISTORY_FAILED when this process or its host lacks something
 */
export function leftOutReason(error: unknown): LeftOutReason {
  const errno = errnoOf(error) ?? errnoIn(String(error));
  if (isShortage(errno)) throw historyError('read', '', error);
  switch (errno) {
    case 'ENOENT':
      return GONE;
    case 'EACCES':
    case 'EPERM':
      return {
        fault: 'unreadable',
        why: `user ${process.geteuid!()} may not read it (${errno}); give it the owner and mode of the other files`,
      };
    case 'EIO':
      return {
        fault: 'unreadable',
        why: 'its disk does not read it (EIO); look for errors of the disk in the kernel log',
      };
    default:
      return { fault: errno === undefined ? 'damaged' : 'unreadable', why: firstLineOf(error) };
  }
}

/** Why an open file is left out that is not the one of the list; undefined if it is. */
export function otherFileReason(file: FileHandle, listed: FileMark): LeftOutReason | undefined {
  try {
    const why = faultOfMark(readMark(file), listed);
    return why === undefined ? undefined : { fault: 'damaged', why };
  } catch (error) {
    return leftOutReason(error);
  }
}

/**
 * For people: "left out 10 records of 000000000042.segment: it is missing".
 * @param mayCount whether they may know how many records there are
 */
export function leftOutText({ name, records, why, isPart }: LeftOutPart, mayCount: boolean): string {
  const what =
    isPart === true
      ? `${mayCount && records > 0 ? records : 'some'} records of ${name}`
      : `${name}${mayCount ? ` with ${records} records` : ''}`;
  return `left out ${what}: ${why}`;
}

/** What a file was that was lost before. */
export const lostBefore = ({
  number,
  sums,
  fromMs,
  toMs,
  records,
  fault,
  isPart,
}: LostFile): LeftOutPart => ({
  ...{ name: sums === undefined ? parquetName(number) : sumsName(sums), fromMs, toMs, records, fault },
  why: fault === 'missing' ? MISSING : 'it was damaged',
  ...(isPart && { isPart }),
});

/**
 * Complete files that the list has, and that are not there or cannot be read. What retention deletes
 * meanwhile soon leaves the list, too.
 */
export async function absentParts(directory: string, manifest: Manifest): Promise<LeftOutPart[]> {
  let absent = await absentFrom(directory, manifest);
  for (let attempt = 0; absent.length > 0 && attempt < MOST_ATTEMPTS; attempt++) {
    await setTimeout(WAIT_MS);
    const names = new Set((await absentFrom(directory, await Manifest.read(directory))).map(nameOf));
    absent = absent.filter((part) => names.has(nameOf(part)));
  }
  return absent;
}

/** Whether a file or segment that is gone is still in the list. That of retention soon is not. */
export async function isStillListed(directory: string, number: number): Promise<boolean> {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const { files, log } = await Manifest.read(directory);
    if (!files.has(number) && !log.has(number)) return false;
    await setTimeout(WAIT_MS);
  }
  return true;
}

const nameOf = ({ name }: LeftOutPart): string => name;

async function absentFrom(directory: string, { files, sums }: Manifest): Promise<LeftOutPart[]> {
  const complete = [
    ...[...files].map(([number, file]) => ({ ...file, name: parquetName(number) })),
    ...[...sums].map(([name, file]) => ({ ...file, name })),
  ];
  const absent: LeftOutPart[] = [];
  for (const { name, fromMs, toMs, records, ...listed } of complete) {
    const reason = await faultAt(join(directory, name), listed);
    if (reason !== undefined) absent.push({ ...{ name, fromMs, toMs, records }, ...reason });
  }
  return absent;
}

async function faultAt(path: string, listed: FileMark): Promise<LeftOutReason | undefined> {
  try {
    await using file = await open(path, constants.O_RDONLY | NO_LINK);
    return otherFileReason(file, listed);
  } catch (error) {
    return leftOutReason(error);
  }
}
