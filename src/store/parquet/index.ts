/** Writes Parquet files of columns. Reading is left to DuckDB. */
export type { ColumnType, ItemValues, NumberValues, ParquetColumn } from './column.ts';
export { writeParquet } from './parquet-file.ts';
export { FileArrays, reusedDoubles, reusedWords } from './reused-arrays.ts';
