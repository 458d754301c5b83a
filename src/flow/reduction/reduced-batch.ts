import type { FieldName } from '../fields.ts';
import { fieldOf } from '../fields.ts';
import { rowTest } from '../filter.ts';
import { elementsPerRow, FlowBatch } from '../flow-batch.ts';
import type { Reduction } from './reduction.ts';

/** A copy of a batch without what must not be known. A batch with nothing to hide is returned as it is. */
export function reducedBatch(batch: FlowBatch, { hides }: Reduction): FlowBatch {
  let reduced: FlowBatch | undefined;
  for (const { fields, where } of hides) {
    const isHidden = rowTest(where, batch);
    const rows: number[] = [];
    for (let row = 0; row < batch.length; row++) if (isHidden(row)) rows.push(row);
    if (rows.length === 0) continue;
    reduced ??= copyOf(batch);
    for (const name of fields) clearField(reduced, name, rows);
  }
  return reduced ?? batch;
}

function copyOf(batch: FlowBatch): FlowBatch {
  const copy = new FlowBatch(batch.layout, batch.dictionary, batch.origin);
  copy.length = batch.length;
  for (const name of batch.layout.fields) {
    const elements = batch.length * elementsPerRow(fieldOf(name).storage);
    copy.columns[name].set(batch.columns[name].subarray(0, elements));
  }
  return copy;
}

/** Removes the values of a text, an address or an id from rows. */
function clearField(batch: FlowBatch, name: FieldName, rows: readonly number[]): void {
  if (!batch.has(name)) return;
  const column = batch.columns[name];
  const width = elementsPerRow(fieldOf(name).storage);
  for (const row of rows) column.fill(0, row * width, (row + 1) * width);
}
