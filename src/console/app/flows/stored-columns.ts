import { columnsOf, defaultColumns } from './flow-columns.ts';

const STORED_AS = 'weir-flow-columns';
/** Grows when names get another meaning. Stored names of another version are not read. */
const VERSION = 1;

/** The names of columns in the text that a browser has kept; the default ones if there is none of use. */
export function readStoredColumns(text: string | null): readonly string[] {
  try {
    const { version, columns } = JSON.parse(text ?? '{}') as { version?: unknown; columns?: unknown };
    if (version !== VERSION || !Array.isArray(columns)) return defaultColumns;
    const known = columnsOf(columns.map(String)).map(({ name }) => name);
    return known.length === 0 ? defaultColumns : [...new Set(known)];
  } catch {
    return defaultColumns;
  }
}

export const printStoredColumns = (columns: readonly string[]): string =>
  JSON.stringify({ version: VERSION, columns });

export function storedColumns(): readonly string[] {
  try {
    return readStoredColumns(localStorage.getItem(STORED_AS));
  } catch {
    return defaultColumns; // a browser may forbid storage
  }
}

export function storeColumns(columns: readonly string[]): void {
  try {
    localStorage.setItem(STORED_AS, printStoredColumns(columns));
  } catch {}
}
