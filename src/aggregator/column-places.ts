import type { FlowBatch } from '../flow/index.ts';
import type { PlainField } from './flow-row.ts';

/**
 * Columns of a batch and where their fields lie in a row of the table. The columns are views of one buffer, so that a
 * loop over many of them needs one array and a number for each: value of row `i` is `all[starts[n] + i]`.
 */
export interface ColumnPlaces<C extends Uint32Array | Uint16Array | Uint8Array> {
  /** The whole buffer of the batch. */
  readonly all: C;
  /** Where a column begins, in elements. */
  readonly starts: Int32Array;
  /** Where its field is in a row, in elements from the row's first. */
  readonly offsets: Int32Array;
}

const views = {
  string: Uint32Array,
  unsigned32: Uint32Array,
  unsigned16: Uint16Array,
  unsigned8: Uint8Array,
};
type View<S extends PlainField['storage']> = InstanceType<(typeof views)[S]>;

/** Those of the fields that the batch carries and that are stored so. */
export function columnPlaces<S extends PlainField['storage']>(
  { columns, layout }: FlowBatch,
  fields: readonly PlainField[],
  storage: S,
): ColumnPlaces<View<S>> {
  const carried = fields.filter((field) => field.storage === storage && layout.has(field.name));
  const { buffer } = columns[layout.fields[0]!];
  return {
    all: new views[storage](buffer as ArrayBuffer) as View<S>,
    starts: Int32Array.from(
      carried,
      ({ name }) => columns[name].byteOffset / columns[name].BYTES_PER_ELEMENT,
    ),
    offsets: Int32Array.from(carried, ({ offset }) => offset),
  };
}
