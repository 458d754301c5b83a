/* The columns of a Parquet file, as its maker hands them over. */

/** How the values of a column are stored, and what they mean. */
export type ColumnType =
  | 'UINT_8'
  | 'UINT_16'
  | 'UINT_32'
  | 'UINT_64'
  | 'INT_64'
  | 'TIMESTAMP_MILLIS'
  | 'TIMESTAMP_MICROS'
  | 'UTF8'
  | 'BYTES';

/** Whole numbers of 64 bits, row by row. Negative ones are two's complements. */
export interface NumberValues {
  readonly low: Uint32Array;
  /** Absent as long as all are 0. */
  readonly high: Uint32Array | undefined;
  /** 1 for a row without a value; absent if each row has one. */
  readonly isNone: Uint8Array | undefined;
}

/** Octets, row by row, as numbers of different items. */
export interface ItemValues {
  /** They count from 1; 0 is no value. */
  readonly numbers: Uint32Array;
  readonly items: readonly Uint8Array[];
}

export interface ParquetColumn {
  readonly name: string;
  readonly type: ColumnType;
  /** Makes the values when they are written, so that they are in memory for one column at a time. */
  readonly values: () => NumberValues | ItemValues;
}
