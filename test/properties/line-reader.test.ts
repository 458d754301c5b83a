import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  BatchLayout,
  Dictionary,
  type FieldName,
  FlowBatch,
  type FlowRecord,
  fieldNames,
  fieldOf,
  recordToJson,
  writeRecord,
} from '../../src/flow/index.ts';
import { LineReader } from '../../src/logs/flow-lines/line-reader.ts';
import { type LogField, omittableFieldNames } from '../../src/logs/flow-lines/log-layout.ts';
import { anyRecord, NOW_MS } from '../support/any-record.ts';
import { loggedLines } from '../support/logged-lines.ts';

const metadata = fc.constantFrom<{ metadata?: LogField[] }>(
  {},
  { metadata: [] },
  { metadata: ['octetTotalCount', 'flowType', 'egressIP', 'flowEndSecondsFromSourceNode', 'observedBy'] },
);

/**
 * The record as in the log: times in whole milliseconds, "?" for octets outside UTF-8, and only logged
 * fields.
 */
function logged(one: FlowRecord, omit: readonly FieldName[]): FlowRecord {
  const kept = Object.entries(one).filter(([name]) => !omit.includes(name as FieldName));
  return Object.fromEntries(kept.map(([name, value]) => [name, loggedValue(name as FieldName, value)]));
}

function loggedValue(name: FieldName, value: string | number): string | number {
  if (typeof value === 'string') return value.replaceAll('\ufffd', '?');
  return fieldOf(name).storage === 'time' ? Math.floor(value) : value;
}

function batchWith(fields: readonly FieldName[], records: readonly FlowRecord[]): FlowBatch {
  const batch = new FlowBatch(new BatchLayout(fields, records.length), new Dictionary());
  for (const [row, one] of records.entries()) writeRecord(batch, row, one);
  batch.length = records.length;
  return batch;
}

const records = fc.array(anyRecord, { minLength: 1, maxLength: 4 });

it('any record is read back unchanged from its line, with times in milliseconds', () => {
  fc.assert(
    fc.property(records, metadata, fc.subarray(fieldNames), (written, options, fields) => {
      const batch = batchWith(fields, written);
      const layout = { ...options, omit: [] };
      const reader = new LineReader(layout);
      const read = loggedLines(batch, NOW_MS, layout).map((line) => reader.read(line)!.record);
      expect(read).toEqual([...batch].map((one) => logged(one, [])));
      expect(read.map(recordToJson)).toEqual([...batch].map((one) => recordToJson(logged(one, []))));
    }),
    { numRuns: 300 },
  );
});

it('a field that is not logged is absent on reading, and all others are present', () => {
  const labelled: FieldName = 'flowType';
  const omittable = omittableFieldNames.filter((name) => name !== labelled);
  fc.assert(
    fc.property(records, fc.subarray(omittable), (written, omit) => {
      const batch = batchWith(fieldNames, written);
      const layout = { metadata: [], omit };
      const reader = new LineReader(layout);
      const read = loggedLines(batch, NOW_MS, layout).map((line) => reader.read(line)!.record);
      expect(read).toEqual([...batch].map((one) => logged(one, omit)));
    }),
    { numRuns: 300 },
  );
});
