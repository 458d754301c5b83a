/*
 * The files of a history. Numbers grow for ever, so that they order files even when the clock is set back:
 *
 *     manifest.jsonl           the list of complete files
 *     000000000042.segment     batches as they came; becomes the file of the same number
 *     000000000041.parquet     a complete file
 *     000000000001-000000000041.minutes.parquet
 *                              the sums of the files 1 to 41 by minute; likewise .hours and so on
 *     000000000042.parquet.tmp one that is being written
 *     writing.jsonl            the times in which a process wrote
 *     absences.jsonl           the times in which no exporter was there
 *     000000000040.….damaged   what cannot be read, for a person to look at
 */

const digitsOf = (number: number): string => String(number).padStart(12, '0');

export const parquetName = (number: number): string => `${digitsOf(number)}.parquet`;

/** The number of a complete file by its name; undefined for other names. */
export const parquetNumber = (name: string): number | undefined =>
  /^\d{12}\.parquet$/.test(name) ? Number.parseInt(name, 10) : undefined;

/** The levels of detail that have sums instead of records, the finest first. */
export const sumTiers = ['minutes', 'hours', 'fourHours', 'days'] as const;
export type SumTier = (typeof sumTiers)[number];

/** The files of records whose sums a file has, by the least and the greatest number. */
export interface SumRange {
  readonly tier: SumTier;
  readonly first: number;
  readonly last: number;
}

export const sumsName = ({ tier, first, last }: SumRange): string =>
  `${digitsOf(first)}-${digitsOf(last)}.${tier}.parquet`;

const sumsPattern = new RegExp(`^(\\d{12})-(\\d{12})\\.(${sumTiers.join('|')})\\.parquet$`);

/** A value for each tier of sums. */
export const forSumTiers = <T>(make: (tier: SumTier) => T): Record<SumTier, T> =>
  Object.fromEntries(sumTiers.map((tier) => [tier, make(tier)])) as Record<SumTier, T>;

/** What a file of sums has, by its name; undefined for other names. */
export function sumRangeOf(name: string): SumRange | undefined {
  const [, first, last, tier] = sumsPattern.exec(name) ?? [];
  if (tier === undefined) return undefined;
  return { tier: tier as SumTier, first: Number(first), last: Number(last) };
}

export const temporaryName = (name: string): string => `${name}.tmp`;

export const isTemporary = (name: string): boolean => name.endsWith('.tmp');

const DAMAGED = '.damaged';

export const damagedName = (name: string): string => `${name}${DAMAGED}`;

export const isDamaged = (name: string): boolean => name.endsWith(DAMAGED);
