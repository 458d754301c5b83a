import { constants, fstatSync, readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { NO_LINK } from '../runtime/index.ts';

/**
 * What tells a complete file from every other one: its size, and a checksum of its end. There Parquet has the
 * place, the least and the greatest value of each column. So a file that somebody exchanged for one of the
 * same size is known without reading all of it.
 */
export interface FileMark {
  readonly octets: number;
  /** Undefined in lists of an older Weir. */
  readonly endCrc?: number;
}

/** What a file says about its columns is shorter. */
const END_OCTETS = 16 * 1024;

/** Without another thread, which would take ten times as long. DuckDB reads the same octets afterwards. */
export function readMark({ fd }: FileHandle): Required<FileMark> {
  const { size: octets } = fstatSync(fd);
  const end = Buffer.alloc(Math.min(octets, END_OCTETS));
  const read = readSync(fd, end, 0, end.length, octets - end.length);
  return { octets, endCrc: crc32(end.subarray(0, read)) };
}

export async function markOfFile(path: string): Promise<Required<FileMark>> {
  await using file = await open(path, constants.O_RDONLY | NO_LINK);
  return readMark(file);
}

/** What is wrong with a file, for people; undefined if it is the one that the list has. */
export function faultOfMark(found: Required<FileMark>, listed: FileMark): string | undefined {
  if (found.octets !== listed.octets) return `it has ${found.octets} octets instead of ${listed.octets}`;
  if (listed.endCrc === undefined || found.endCrc === listed.endCrc) return undefined;
  return 'its end is not that of the stored file: it is another one, or damaged';
}
