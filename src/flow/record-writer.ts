import { Dictionary } from './dictionary.ts';
import type { FieldName } from './fields.ts';
import { fieldOf } from './fields.ts';
import { BatchLayout, FlowBatch } from './flow-batch.ts';
import { parseAddress } from './ip-address.ts';
import type { FlowRecord } from './record.ts';

/** Writes an object into a row of a batch that carries its fields. For tests and small, slow sources. */
export function writeRecord(batch: FlowBatch, row: number, record: FlowRecord): void {
  for (const name of batch.layout.fields) writeValue(batch, name, row, record[name]);
}

function writeValue(
  batch: FlowBatch,
  name: FieldName,
  row: number,
  value: string | number | undefined,
): void {
  const column = batch.columns[name];
  switch (fieldOf(name).storage) {
    case 'address': {
      const words = value === undefined ? [0, 0, 0, 0] : parseAddress(String(value));
      if (words === undefined) throw new TypeError(`${name}: "${value}" is not an address`);
      column.set(words, row * 4);
      break;
    }
    case 'string':
      column[row] = value === undefined ? 0 : batch.dictionary.internText(String(value));
      break;
    case 'unsigned64':
    case 'time':
      column[row] = value === undefined ? Number.NaN : Number(value);
      break;
    default:
      column[row] = value === undefined ? 0 : Number(value);
  }
}

/** A batch of the given records that carries the fields that any of them has. */
export function batchOf(
  records: readonly FlowRecord[],
  dictionary: Dictionary = new Dictionary(),
): FlowBatch {
  const used = new Set(records.flatMap((record) => Object.keys(record) as FieldName[]));
  const batch = new FlowBatch(new BatchLayout(used, Math.max(1, records.length)), dictionary);
  for (const [row, record] of records.entries()) writeRecord(batch, row, record);
  batch.length = records.length;
  return batch;
}
