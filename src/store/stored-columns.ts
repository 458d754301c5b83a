import { type FieldName, fieldNames, fieldOf, MOST_COUNT, type Storage } from '../flow/index.ts';

/*
 * The columns of a Parquet file: the fields that have a value in it, under their names, and the time of
 * storing. All derive from the table of fields.
 */

/** When the record was stored (information element 258), in milliseconds since 1970. */
export const COLLECTION_TIME = 'collectionTimeMilliseconds';

/** Number of the layout of files. A reader leaves out files with a higher one. */
export const SCHEMA = 2;

/** The range of a Date. */
const MOST_MS = '8640000000000000';

/** Types of DuckDB whose vectors take a typed array at once. */
export type StagedType = 'UINTEGER' | 'USMALLINT' | 'UTINYINT' | 'DOUBLE';

/** How a column goes into DuckDB, and how it is in a file. */
interface StoredAs {
  /** Type of the staged column. Texts and addresses are staged as numbers. */
  readonly staged: StagedType;
  /** Type in the file. */
  readonly type: string;
  /** The expression that makes the value of the file from the staged one. */
  readonly convert: (column: string) => string;
  /** The value of a row in a file without the column. */
  readonly missing: string;
}

const asIs = (column: string): string => column;

const unsignedAs = (staged: StoredAs['staged']): StoredAs => ({
  staged,
  type: staged,
  convert: asIs,
  missing: '0',
});

const stored: Readonly<Record<Storage, StoredAs>> = {
  // List items count from 1, and item 0 is no value.
  string: {
    staged: 'UINTEGER',
    type: 'VARCHAR',
    convert: (column) => `texts[${column}]`,
    missing: 'NULL',
  },
  // 16 octets in network order, IPv4 mapped into IPv6: they sort as addresses do.
  address: {
    staged: 'UINTEGER',
    type: 'BLOB',
    convert: (column) => `addresses[${column}]`,
    missing: 'NULL',
  },
  unsigned8: unsignedAs('UTINYINT'),
  unsigned16: unsignedAs('USMALLINT'),
  unsigned32: unsignedAs('UINTEGER'),
  // NaN is no value. DuckDB sorts it behind all numbers.
  unsigned64: {
    staged: 'DOUBLE',
    type: 'UBIGINT',
    convert: (column) =>
      `CASE WHEN ${column} BETWEEN 0 AND ${BigInt(MOST_COUNT)} THEN ${column}::UBIGINT END`,
    missing: 'NULL',
  },
  time: {
    staged: 'DOUBLE',
    type: 'TIMESTAMP',
    convert: (column) =>
      `CASE WHEN ${column} BETWEEN -${MOST_MS} AND ${MOST_MS} THEN make_timestamp(floor(${column} * 1000)::BIGINT) END`,
    missing: 'NULL',
  },
};

export const storedAs = (storage: Storage): StoredAs => stored[storage];

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
