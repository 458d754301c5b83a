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
import { loggedLines } from '../support/logged-lines.ts';

const NOW_MS = Date.UTC(2026, 0, 31, 12);

const counter = fc.oneof(fc.constantFrom(0, 7, 8), fc.nat(), fc.maxSafeNat(), fc.constant(2 ** 63));
const time = fc.oneof(
  fc.constantFrom(NOW_MS, NOW_MS - 1, NOW_MS + 3_600_000, 1, 4e17),
  fc.integer({ min: NOW_MS - 800_000, max: NOW_MS + 50_000 }),
  fc.double({ min: NOW_MS - 10, max: NOW_MS + 10, noNaN: true }),
);
const text = fc.oneof(
  fc.constantFrom(
    '-',
    'both',
    'not UTF-8: \ufffd',
    '"',
    '\\',
    'a=b c="d"',
    '\n\t\u0000\u007f',
    '{"app":"web"}',
  ),
  fc.string({ unit: 'grapheme', minLength: 1 }),
);
const address = fc.oneof(fc.ipV4(), fc.constantFrom('::1', '2001:db8::1', 'fd00::a:0:0:1', '0.0.0.0', '::'));
const values = {
  address,
  string: text,
  unsigned8: fc.integer({ min: 0, max: 255 }),
  unsigned16: fc.integer({ min: 0, max: 65_535 }),
  unsigned32: fc.integer({ min: 0, max: 0xffff_ffff }),
  unsigned64: counter,
  time,
};
const common = { octetDeltaCount: 7, octetTotalCount: 7, packetDeltaCount: 7, packetTotalCount: 7 };

/** Any record; of many fields several say the same. */
const record = fc
  .tuple(
    fc.record(Object.fromEntries(fieldNames.map((name) => [name, values[fieldOf(name).storage]])), {
      requiredKeys: [],
    }),
    fc.constantFrom({}, common),
    fc.constantFrom({}, { protocolIdentifier: 6 }, { protocolIdentifier: 1 }),
  )
  .map((parts): FlowRecord => Object.assign({}, ...parts));

const metadata = fc.constantFrom<{ metadata?: LogField[] }>(
  {},
  { metadata: [] },
  { metadata: ['octetTotalCount', 'flowType', 'egressIP', 'flowEndSecondsFromSourceNode', 'observedBy'] },
);

/** The record as the log has it: times in whole milliseconds, "?" for what was not UTF-8, and without what is not logged. */
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

const records = fc.array(record, { minLength: 1, maxLength: 4 });

it('any record is read back from its line as it was, with times in milliseconds', () => {
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

it('what is not logged is not in what is read, and takes nothing else with it', () => {
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
