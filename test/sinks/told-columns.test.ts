import { describe, expect, it } from 'vitest';
import {
  BatchLayout,
  batchOf,
  Dictionary,
  FlowBatch,
  type FlowRecord,
  fieldNames,
} from '../../src/flow/index.ts';
import { ToldColumns } from '../../src/sinks/index.ts';

/** The records in a batch of all columns, larger than it has to be, as reports are. */
function wide(records: readonly FlowRecord[]): FlowBatch {
  const all = new FlowBatch(new BatchLayout(fieldNames, 64), new Dictionary());
  const narrow = batchOf(records);
  for (const name of narrow.layout.fields) all.columns[name].set(narrow.columns[name]);
  all.dictionary = narrow.dictionary;
  all.length = narrow.length;
  for (const column of Object.values(all.columns)) {
    if (!(column instanceof Float64Array)) continue;
    for (let row = 0; row < column.length; row++) if (column[row] === 0) column[row] = Number.NaN;
  }
  return all;
}

const flows: FlowRecord[] = [
  {
    sourceIP: '10.0.0.1',
    destinationIP: '10.0.0.2',
    sourceTransportPort: 0,
    destinationTransportPort: 443,
    protocolIdentifier: 6,
    octetDeltaCount: 1_500,
    sourcePodName: 'web-0',
  },
  { sourceIP: '2001:db8::1', destinationIP: '2001:db8::2', protocolIdentifier: 58, icmpTypeCode: 0 },
];

describe('a copy to keep', () => {
  it('has the values of the batch for each record, including meaningful zeros', () => {
    const batch = wide(flows);
    const copy = new ToldColumns().copyOf(batch);
    expect([...copy]).toEqual([...batch]);
    expect([...copy][0]).toMatchObject({ sourceTransportPort: 0, sourcePodName: 'web-0' });
    expect([...copy][1]).toMatchObject({ icmpTypeCode: 0 });
  });

  it('has rows and columns only for reported values, and shares nothing with the reused batch', () => {
    const batch = wide(flows);
    const told = new ToldColumns();
    const copy = told.copyOf(batch);
    expect(copy.layout.capacity).toBe(2);
    expect(copy.has('octetDeltaCount')).toBe(true);
    expect(copy.has('reverseOctetDeltaCount')).toBe(false);
    expect(copy.has('destinationPodName')).toBe(false);
    batch.columns.octetDeltaCount.fill(1);
    expect(copy.at(0).octetDeltaCount).toBe(1_500);
    expect(told.copyOf(wide(flows)).layout).toBe(copy.layout);
  });
});
