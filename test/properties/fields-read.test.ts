import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  batchOf,
  counterPairs,
  dimensionKeys,
  dimensionNames,
  EndReason,
  ExactSum,
  type FieldName,
  type FlowBatch,
  FlowFilter,
  fieldConditionOf,
  fieldsIn,
  fieldsOfDimension,
  fieldsOfMeasure,
  measureAdder,
  measureNames,
} from '../../src/flow/index.ts';
import { batchOfFrame, frameOf } from '../../src/sinks/index.ts';
import { anyTree } from '../support/any-condition.ts';
import { anyRecord } from '../support/any-record.ts';

/** Ends of flows by all conditions of the measures, which any records rarely are. */
const anyEnd = fc.record(
  {
    flowEndReason: fc.constantFrom(EndReason.end, EndReason.idle),
    protocolIdentifier: fc.constantFrom(6, 17),
    reversePacketTotalCount: fc.constantFrom(0, 1),
    tcpControlBits: fc.constantFrom(0, 1, 4),
    tcpState: fc.constantFrom('CLOSE', 'TIME_WAIT'),
    ingressNetworkPolicyRuleAction: fc.constantFrom(0, 1, 2),
    egressNetworkPolicyRuleAction: fc.constantFrom(0, 1, 3),
  },
  { requiredKeys: ['flowEndReason', 'protocolIdentifier', 'reversePacketTotalCount'] },
);
/** Those of the first record of a flow: its growth is all of it. */
const firstCounts = Object.fromEntries(counterPairs.flat().map((name) => [name, 7]));
const anyBatch = fc
  .array(
    fc
      .tuple(anyRecord, anyEnd, fc.constantFrom({}, firstCounts), fc.boolean())
      .map(([record, end, counts, isEnd]) => (isEnd ? { ...record, ...end, ...counts } : record)),
    { minLength: 1, maxLength: 8 },
  )
  .map(batchOf);

const anyTested = anyTree({
  proto: ['tcp', 'udp'],
  namespace: ['-', 'both', '"'],
  sourcePod: ['-/both', 'both/-'],
  port: ['80', '443'],
  src: ['2001:db8::1', '0.0.0.0/0'],
  'min-octets': ['1', '14'],
  sourceWorkload: ['-/both', 'both/-'],
  verdict: ['', 'Drop'],
});

/** The batch as it is read of a frame with only these fields. */
const withFields = (batch: FlowBatch, fields: readonly FieldName[]): FlowBatch =>
  batchOfFrame(frameOf(batch, 1), undefined, new Set(fields))!;

const rowsOf = <T>(batch: FlowBatch, valueAt: (row: number) => T): T[] =>
  Array.from({ length: batch.length }, (_, row) => valueAt(row));

describe('a batch with the fields alone', () => {
  it('that a measure reads has the same counts', () => {
    fc.assert(
      fc.property(anyBatch, fc.constantFrom(...measureNames), (batch, name) => {
        const counts = (of: FlowBatch) => {
          const add = measureAdder(name, of);
          return rowsOf(of, (row) => {
            const sum = new ExactSum();
            add(row, sum);
            return sum.value;
          });
        };
        expect(counts(withFields(batch, fieldsOfMeasure(name)))).toEqual(counts(batch));
      }),
      { numRuns: 500 },
    );
  });

  it('that a dimension reads has the same keys', () => {
    fc.assert(
      fc.property(anyBatch, fc.constantFrom(...dimensionNames), (batch, name) => {
        const keys = (of: FlowBatch) => rowsOf(of, dimensionKeys(name, of));
        expect(keys(withFields(batch, fieldsOfDimension(name)))).toEqual(keys(batch));
      }),
      { numRuns: 500 },
    );
  });

  it('that a condition reads has the same rows that pass', () => {
    fc.assert(
      fc.property(anyBatch, anyTested, (batch, condition) => {
        const filter = new FlowFilter(condition);
        const passes = (of: FlowBatch) => rowsOf(of, filter.bind(of));
        const fields = fieldsIn(fieldConditionOf(condition));
        expect(passes(withFields(batch, fields))).toEqual(passes(batch));
      }),
      { numRuns: 500 },
    );
  });

  it('has no other fields, and no strings of others', () => {
    const batch = batchOf([{ sourcePodName: 'cart-0', destinationPodName: 'shop-0', octetDeltaCount: 7 }]);
    const read = withFields(batch, ['destinationPodName', 'octetDeltaCount']);
    expect([...read]).toEqual([{ destinationPodName: 'shop-0', octetDeltaCount: 7 }]);
    expect(read.dictionary.find('cart-0')).toBeUndefined();
  });
});
