import { type FieldName, fieldNames, fieldOf, type Storage } from '../flow/index.ts';

/*
 * The columns of a Parquet file: the fields that have a value in it, under their names, and the time of
 * storing. All derive from the table of fields.
 */

/** When the record was stored (information element 258), in milliseconds since 1970. */
export const COLLECTION_TIME = 'collectionTimeMilliseconds';

/** Number of the layout of files. A reader leaves out files with a higher one. */
export const SCHEMA = 4;

/** How a column is in a file. */
interface StoredAs {
  /** Its type in DuckDB. */
  readonly type: string;
  /** The value of a row in a file without the column. */
  readonly missing: string;
}

const stored: Readonly<Record<Storage, StoredAs>> = {
  string: { type: 'VARCHAR', missing: 'NULL' },
  // 16 octets in network order, IPv4 mapped into IPv6: they sort as addresses do.
  address: { type: 'BLOB', missing: 'NULL' },
  unsigned8: { type: 'UTINYINT', missing: '0' },
  unsigned16: { type: 'USMALLINT', missing: '0' },
  unsigned32: { type: 'UINTEGER', missing: '0' },
  unsigned64: { type: 'UBIGINT', missing: 'NULL' },
  time: { type: 'TIMESTAMP', missing: 'NULL' },
};

export const storedField = (name: FieldName): StoredAs => stored[fieldOf(name).storage];

export const quotedName = (column: string): string => `"${column}"`;

/** The fields among the columns of rows, in the order of the table, without columns of a later Weir. */
export function fieldsAmong(columns: ReadonlySet<string>): FieldName[] {
  return fieldNames.filter((name) => columns.has(name));
}

/** The column of a field as SQL, or what a row in a file without the column has. */
export function storedColumn(name: FieldName, columns: ReadonlySet<string>): string {
  if (columns.has(name)) return quotedName(name);
  const { missing, type } = storedField(name);
  return `CAST(${missing} AS ${type})`;
}
