/*
 * The files of a history. Numbers grow for ever, so that they order files even when the clock is set back:
 *
 *     manifest.jsonl           the list of complete files
 *     000000000042.segment     batches as they came; becomes the file of the same number
 *     000000000041.parquet     a complete file
 *     000000000042.parquet.tmp one that is being written
 *     000000000040.….damaged   what cannot be read, for a person to look at
 */

export const parquetName = (number: number): string => `${String(number).padStart(12, '0')}.parquet`;

/** The number of a complete file by its name; undefined for other names. */
export const parquetNumber = (name: string): number | undefined =>
  /^\d{12}\.parquet$/.test(name) ? Number.parseInt(name, 10) : undefined;

export const temporaryName = (number: number): string => `${parquetName(number)}.tmp`;

export const isTemporary = (name: string): boolean => name.endsWith('.tmp');

const DAMAGED = '.damaged';

export const damagedName = (name: string): string => `${name}${DAMAGED}`;

export const isDamaged = (name: string): boolean => name.endsWith(DAMAGED);
