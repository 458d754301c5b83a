import { sqlText } from '../parquet-writer.ts';
import type { OpenFile } from './snapshot.ts';

/** What one statement reads: files, or some rows of one. */
export interface ReadSource {
  readonly files: readonly OpenFile[];
  /** The number of the first row in its file, and that after the last one. */
  readonly rows?: { readonly from: number; readonly to: number };
}

/** A file with fewer is not divided: their groups take a few megabytes at most. */
const MOST_UNDIVIDED_ROWS = 4_096;

/** Two sources that have together what one has; undefined for one that is small already. */
export function halvesOf({ files, rows }: ReadSource): readonly [ReadSource, ReadSource] | undefined {
  const [file] = files;
  if (file === undefined) return undefined;
  if (files.length > 1) {
    const half = Math.ceil(files.length / 2);
    return [{ files: files.slice(0, half) }, { files: files.slice(half) }];
  }
  // No end: whatever the list says of a file, all its rows are read.
  const { from, to } = rows ?? { from: 0, to: Number.POSITIVE_INFINITY };
  const left = Math.min(to, file.stored.rows) - from;
  if (left <= MOST_UNDIVIDED_ROWS) return undefined;
  const middle = from + Math.ceil(left / 2);
  return [
    { files, rows: { from, to: middle } },
    { files, rows: { from: middle, to } },
  ];
}

/** A table of SQL. A file without a column of another one has NULL in it. */
export function sourceSql({ files, rows }: ReadSource): string {
  const paths = pathsSql(files);
  if (rows === undefined) return `read_parquet(${paths}, union_by_name = true)`;
  const end = Number.isFinite(rows.to) ? ` AND file_row_number < ${rows.to}` : '';
  return `(SELECT * EXCLUDE (file_row_number) FROM read_parquet(${paths}, file_row_number = true)
    WHERE file_row_number >= ${rows.from}${end})`;
}

/** A list of SQL. */
export const pathsSql = (files: readonly OpenFile[]): string =>
  `[${files.map(({ path }) => sqlText(path)).join()}]`;
