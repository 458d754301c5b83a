import type { Dictionary } from './dictionary.ts';
import type { Storage } from './field.ts';
import type { FieldName, StorageOf } from './fields.ts';

export type Column<S extends Storage> = S extends 'address' | 'string' | 'unsigned32'
  ? Uint32Array
  : S extends 'unsigned16'
    ? Uint16Array
    : S extends 'unsigned8'
      ? Uint8Array
      : Float64Array;

/** One typed array for every field of the table. `Storage` says how each holds its values. */
export type Columns = { readonly [N in FieldName]: Column<StorageOf<N>> };

/** Columns with the strings that they refer to, and the fields that are carried. */
export interface ReadableColumns {
  readonly columns: Columns;
  readonly dictionary: Dictionary;
  readonly layout: { readonly fields: readonly FieldName[] };
}
