import { sqlText } from '../parquet-writer.ts';
import type { OpenFile, OpenPart } from './snapshot.ts';

/** What one statement reads: files of some parts, or some rows of one file. */
export interface ReadSource {
  readonly parts: readonly OpenPart[];
  /** The number of the first row in the only file, and that after the last one. */
  readonly rows?: RowRange;
}

interface RowRange {
  readonly from: number;
  readonly to: number;
}

/** A file with fewer is not divided: their groups take a few megabytes at most. */
const MOST_UNDIVIDED_ROWS = 4_096;

export const filesOfSource = ({ parts }: ReadSource): OpenFile[] => parts.flatMap(({ files }) => files);

/** Two sources that have together what one has; undefined for one that is small already. */
export function halvesOf({ parts, rows }: ReadSource): readonly [ReadSource, ReadSource] | undefined {
  const [part] = parts;
  if (part === undefined) return undefined;
  if (parts.length > 1) {
    const [one, other] = halvesOfList(parts);
    return [{ parts: one }, { parts: other }];
  }
  const { files } = part;
  if (files.length > 1) {
    const [one, other] = halvesOfList(files);
    return [{ parts: [{ ...part, files: one }] }, { parts: [{ ...part, files: other }] }];
  }
  const [file] = files;
  if (file === undefined) return undefined;
  // No end: whatever the list says of a file, all its rows are read.
  const { from, to } = rows ?? { from: 0, to: Number.POSITIVE_INFINITY };
  const left = Math.min(to, file.stored.rows) - from;
  if (left <= MOST_UNDIVIDED_ROWS) return undefined;
  const middle = from + Math.ceil(left / 2);
  return [
    { parts, rows: { from, to: middle } },
    { parts, rows: { from: middle, to } },
  ];
}

function halvesOfList<T>(list: readonly T[]): readonly [T[], T[]] {
  const half = Math.ceil(list.length / 2);
  return [list.slice(0, half), list.slice(half)];
}

/** A table of SQL. A file without a column of another one has NULL in it. */
export function sourceSql(files: readonly OpenFile[], rows: RowRange | undefined): string {
  const paths = pathsSql(files);
  if (rows === undefined) return `read_parquet(${paths}, union_by_name = true)`;
  const end = Number.isFinite(rows.to) ? ` AND file_row_number < ${rows.to}` : '';
  return `(SELECT * EXCLUDE (file_row_number) FROM read_parquet(${paths}, file_row_number = true)
    WHERE file_row_number >= ${rows.from}${end})`;
}

/** A list of SQL. */
export const pathsSql = (files: readonly OpenFile[]): string =>
  `[${files.map(({ path }) => sqlText(path)).join()}]`;
