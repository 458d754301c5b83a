import type { FieldName, FlowBatch } from '../flow/index.ts';
import type { PlainField } from './flow-row.ts';

/** The one buffer of a batch as values of each size. */
export interface Views {
  readonly doubles: Float64Array;
  readonly words: Uint32Array;
  readonly halves: Uint16Array;
  readonly octets: Uint8Array;
}

export function viewsOf(batch: FlowBatch): Views {
  const buffer = bufferOf(batch);
  return {
    doubles: new Float64Array(buffer),
    words: new Uint32Array(buffer),
    halves: new Uint16Array(buffer),
    octets: new Uint8Array(buffer),
  };
}

/** Where a column begins in the view of its kind, in elements; the same in all batches of a layout. */
export function columnPlaceOf({ columns }: FlowBatch, name: FieldName): number {
  return columns[name].byteOffset / columns[name].BYTES_PER_ELEMENT;
}

function bufferOf({ columns, layout }: FlowBatch): ArrayBuffer {
  return columns[layout.fields[0]!].buffer as ArrayBuffer;
}

/**
 * Columns of a batch, and the places of their fields in a row of the table. The columns are views of one
 * buffer. So a loop over many of them needs one array and a number for each: the value of row `i` is
 * `all[starts[n] + i]`.
 */
export interface ColumnPlaces<C extends Uint32Array | Uint16Array | Uint8Array> {
  /** The whole buffer of the batch. */
  readonly all: C;
  /** Where a column begins, in elements. */
  readonly starts: Int32Array;
  /** Place of its field in a row, in elements from the start of the row. */
  readonly offsets: Int32Array;
}

const views = {
  string: Uint32Array,
  unsigned32: Uint32Array,
  unsigned16: Uint16Array,
  unsigned8: Uint8Array,
};
type View<S extends PlainField['storage']> = InstanceType<(typeof views)[S]>;

/** For the fields that the batch carries and that have this storage. */
export function columnPlaces<S extends PlainField['storage']>(
  batch: FlowBatch,
  fields: readonly PlainField[],
  storage: S,
): ColumnPlaces<View<S>> {
  const carried = fields.filter((field) => field.storage === storage && batch.has(field.name));
  return {
    all: new views[storage](bufferOf(batch)) as View<S>,
    starts: Int32Array.from(carried, ({ name }) => columnPlaceOf(batch, name)),
    offsets: Int32Array.from(carried, ({ offset }) => offset),
  };
}
