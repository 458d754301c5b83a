import type { SumRange, SumTier } from './file-names.ts';
import type { SumsFile } from './manifest.ts';

/* Which files of sums cover which files of records, and which ones become one. */

type NumberRange = Pick<SumRange, 'first' | 'last'>;

/** So many neighbours of one kind become one file. */
const MERGED_FILES = 8;

interface MergeBounds {
  /** What one merge reads at most, so that its memory is bounded. A file of records has about as many. */
  readonly rows: number;
  /** Fewer neighbours become one file if more would have too many rows, but not fewer than this. */
  readonly leastFiles: number;
  /** Time that a merged file covers at most, because it is deleted as a whole. */
  readonly ms: number;
}

const DAY_MS = 86_400_000;
const ROWS = 131_072;
const mostMerged: Readonly<Record<SumTier, MergeBounds>> = {
  minutes: { rows: ROWS, leastFiles: 4, ms: DAY_MS },
  hours: { rows: ROWS, leastFiles: 4, ms: 30 * DAY_MS },
  // The rows of neighbours are mostly of the same pairs, and have fewer columns.
  fourHours: { rows: 1.5 * ROWS, leastFiles: 2, ms: 30 * DAY_MS },
  days: { rows: 1.5 * ROWS, leastFiles: 2, ms: 90 * DAY_MS },
};

export const isWithin = (one: NumberRange, other: NumberRange): boolean =>
  one.first >= other.first && one.last <= other.last;

/** The files of records that no range has. */
export function uncoveredBy<F extends { readonly number: number }>(
  ranges: readonly SumRange[],
  files: Iterable<F>,
): F[] {
  const sorted = ranges.toSorted((one, other) => one.first - other.first);
  let [next, last] = [0, 0];
  return [...files]
    .sort((one, other) => one.number - other.number)
    .filter(({ number }) => {
      while (next < sorted.length && sorted[next]!.first <= number)
        last = Math.max(last, sorted[next++]!.last);
      return number > last;
    });
}

/** Whether files have all the records of another one, or at least more than its range. */
export function isSummedBy(file: SumsFile, files: readonly SumsFile[]): boolean {
  const overlapping = files.filter(({ first, last }) => first <= file.last && file.first <= last);
  if (!overlapping.every((each) => isWithin(each, file))) return true;
  return overlapping.reduce((sum, { records }) => sum + records, 0) >= file.records;
}

/**
 * The first neighbours that can become one file.
 * @param files of the tier, in order
 * @param kindOf what they must have in common
 */
export function runToMerge(
  tier: SumTier,
  files: readonly SumsFile[],
  kindOf: (file: SumsFile) => string,
): SumsFile[] | undefined {
  const most = mostMerged[tier];
  for (let from = 0; from + MERGED_FILES <= files.length; from++) {
    const run = files.slice(from, from + MERGED_FILES);
    const isOneKind = run.every((file) => kindOf(file) === kindOf(run[0]!));
    // With a hole in its numbers, a file would stand for records that it does not have.
    const isUnbroken = run.every(({ first }, i) => i === 0 || first === run[i - 1]!.last + 1);
    const times = run.flatMap(({ fromMs, toMs }) => [fromMs, toMs]);
    const isShort = Math.max(...times) - Math.min(...times) <= most.ms;
    if (!isOneKind || !isUnbroken || !isShort) continue;
    const fitting = run.slice(0, fittingFiles(run, most.rows));
    if (fitting.length >= most.leastFiles) return fitting;
  }
  return undefined;
}

/** How many of the first files have few enough rows together. */
function fittingFiles(files: readonly SumsFile[], mostRows: number): number {
  let rows = 0;
  const first = files.findIndex((file) => {
    rows += file.rows;
    return rows > mostRows;
  });
  return first < 0 ? files.length : first;
}
