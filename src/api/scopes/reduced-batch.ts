import { elementsPerRow, type FieldName, FlowBatch, fieldOf } from '../../flow/index.ts';
import { entryFields, exporterFields, identityFields } from './end-fields.ts';

/** A bit for each identity of a row that must not be known, and one for the node that let the flow in. */
export const hiddenBits = { source: 1, destination: 2, service: 4, entry: 8 } as const;

const anyBit = Object.values<number>(hiddenBits).reduce((bits, bit) => bits | bit);

const hiddenFields = { ...identityFields, entry: entryFields } as const;

/** A copy of a batch without the identities that must not be known. @param hidden bits for each row */
export function reducedBatch(batch: FlowBatch, hidden: Uint8Array): FlowBatch {
  const reduced = new FlowBatch(batch.layout, batch.dictionary, batch.origin);
  reduced.length = batch.length;
  for (const name of batch.layout.fields) {
    const elements = batch.length * elementsPerRow(fieldOf(name).storage);
    reduced.columns[name].set(batch.columns[name].subarray(0, elements));
  }
  for (const identity of ['source', 'destination', 'service', 'entry'] as const) {
    for (const name of hiddenFields[identity]) clearField(reduced, name, hidden, hiddenBits[identity]);
  }
  for (const name of exporterFields) clearField(reduced, name, hidden, anyBit);
  return reduced;
}

/** Removes the values of a text, an address or an id from the rows with any of the bits. */
function clearField(batch: FlowBatch, name: FieldName, hidden: Uint8Array, bits: number): void {
  if (!batch.has(name)) return;
  const column = batch.columns[name];
  const width = elementsPerRow(fieldOf(name).storage);
  for (let row = 0; row < batch.length; row++) {
    if ((hidden[row]! & bits) !== 0) column.fill(0, row * width, (row + 1) * width);
  }
}
