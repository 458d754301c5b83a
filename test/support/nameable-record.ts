import fc from 'fast-check';
import type { FieldName, FlowRecord } from '../../src/flow/index.ts';
import { anyRecord } from './any-record.ts';

const names = [
  'web-7d9f8bcd5f-x2x4z',
  'web-6789bcdfgh-zzzzz',
  'nightly-28123456-bcdfg',
  'job-0-bcdfg',
  'node-agent-bcdfg',
  'db-0',
  'db-100000',
  '-0',
  '-bcdfg',
  '-bcdfghjk-bcdfg',
  '7-bcdfg-bcdfg-bcdfg',
  'web-0\n',
  'wéb\u0000-0',
  '\ufeff',
  'a/b',
  'Other',
  '__proto__',
  'CLOSE',
  '0A000001',
];
const name = fc.constantFrom(undefined, ...names);
const count = fc.constantFrom(undefined, 0, 1, 2 ** 53 - 1, 2 ** 53, 2 ** 63, 2 ** 64 - 2048, 2 ** 64);
const named: readonly FieldName[] = [
  'sourcePodName',
  'sourcePodNamespace',
  'sourceWorkloadName',
  'sourceNodeName',
  'sourceRangeName',
  'destinationPodName',
  'destinationPodNamespace',
  'ingressNetworkPolicyName',
  'ingressNetworkPolicyNamespace',
  'tcpState',
];
const totals: readonly FieldName[] = [
  'octetTotalCount',
  'packetTotalCount',
  'reverseOctetTotalCount',
  'reversePacketTotalCount',
];
const deltas = totals.map((total) => total.replace('Total', 'Delta')) as FieldName[];

const valuesOf = (fields: readonly FieldName[], value: fc.Arbitrary<unknown>) =>
  fc.record(Object.fromEntries(fields.map((field) => [field, value])));

/** What dimensions and measures depend on: small numbers that are frequent, and counts that are equal. */
const telling = fc.record({
  protocolIdentifier: fc.constantFrom(0, 1, 6, 17, 58, 132, 143),
  sourceTransportPort: fc.constantFrom(0, 1, 80, 65_535),
  destinationTransportPort: fc.constantFrom(0, 443),
  flowType: fc.constantFrom(0, 1, 4, 9),
  flowEndReason: fc.constantFrom(1, 2, 3),
  tcpControlBits: fc.constantFrom(0, 1, 4, 5, 18),
  ingressNetworkPolicyRuleAction: fc.constantFrom(0, 1, 2, 3, 4),
  egressNetworkPolicyRuleAction: fc.constantFrom(0, 1, 2, 3, 4),
});

/** A record of few values, hostile ones among them, or any record. */
export const nameableRecord = fc
  .tuple(
    fc.oneof(fc.constant<FlowRecord>({}), anyRecord),
    valuesOf(named, name),
    valuesOf(totals, count),
    fc.oneof(fc.constant('as totals' as const), valuesOf(deltas, count)),
    telling,
  )
  .map(([any, texts, counts, growth, rest]) => {
    const ofDeltas =
      growth === 'as totals'
        ? Object.fromEntries(totals.map((total, i) => [deltas[i], counts[total]]))
        : growth;
    const all = Object.entries({ ...any, ...texts, ...counts, ...ofDeltas, ...rest });
    return Object.fromEntries(all.filter(([, value]) => value !== undefined)) as FlowRecord;
  });
