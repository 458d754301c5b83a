import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { segmentNumber } from '../sinks/index.ts';
import { parquetNumber, sumRangeOf } from './file-names.ts';
import type { Manifest } from './manifest.ts';

/** What a history has before its first record, too. */
const ownNames = ['manifest.jsonl', 'writing.jsonl', 'events'];

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
    if (number === undefined || manifest.files.has(number) || pending.has(number)) return false;
    return existsSync(join(directory, name)); // else its age or size was the reason
  });
}

/** What to do about them. */
export const UNLISTED = 'the list of files lacks it; the next start of Weir lists it again';
