import type { Columns } from './columns.ts';
import { BiflowDirection, FlowType, Observer, Protocol } from './enumerations.ts';
import type { FieldName } from './fields.ts';
import type { FlowBatch } from './flow-batch.ts';

/**
 * Fields that change places when a record's source becomes its destination. The source after NAT and the
 * destination before NAT do so as well: both come from the connection's two tuples. An ingress policy decided
 * at the destination, an egress policy at the source.
 */
const pairs = [
  ['sourceIP', 'destinationIP'],
  ['sourceTransportPort', 'destinationTransportPort'],
  ['proxySnatIP', 'destinationServiceIP'],
  ['proxySnatPort', 'destinationServicePort'],
  ['sourcePodNamespace', 'destinationPodNamespace'],
  ['sourcePodName', 'destinationPodName'],
  ['sourcePodLabels', 'destinationPodLabels'],
  ['sourceNodeName', 'destinationNodeName'],
  ['octetTotalCount', 'reverseOctetTotalCount'],
  ['packetTotalCount', 'reversePacketTotalCount'],
  ['octetDeltaCount', 'reverseOctetDeltaCount'],
  ['packetDeltaCount', 'reversePacketDeltaCount'],
  ['sampledOctetDeltaCount', 'sampledReverseOctetDeltaCount'],
  ['sampledPacketDeltaCount', 'sampledReversePacketDeltaCount'],
  ['throughput', 'reverseThroughput'],
  ['ingressNetworkPolicyNamespace', 'egressNetworkPolicyNamespace'],
  ['ingressNetworkPolicyName', 'egressNetworkPolicyName'],
  ['ingressNetworkPolicyType', 'egressNetworkPolicyType'],
  ['ingressNetworkPolicyRuleName', 'egressNetworkPolicyRuleName'],
  ['ingressNetworkPolicyRuleAction', 'egressNetworkPolicyRuleAction'],
  ['ingressInterface', 'egressInterface'],
  ['ingressInterfaceName', 'egressInterfaceName'],
  ['ingressVRFName', 'egressVRFName'],
] as const satisfies readonly (readonly [FieldName, FieldName])[];

/** Maps each field to the one that it changes places with. */
const twins = new Map<FieldName, FieldName>(
  pairs.flatMap(([one, other]): [FieldName, FieldName][] => [
    [one, other],
    [other, one],
  ]),
);

/** The further fields that a batch must carry so that its records can be turned. */
export const turnedFieldsOf = (fields: Iterable<FieldName>): FieldName[] =>
  [...fields].flatMap((name) => twins.get(name) ?? []);

/**
 * Whether the records of a batch say who opened their connections and can be turned: the batch has both
 * fields of each pair, or neither.
 */
export function canTurn(batch: FlowBatch): boolean {
  return batch.has('biflowDirection') && pairs.every(([one, other]) => batch.has(one) === batch.has(other));
}

/**
 * Exchanges source and destination of row `i`, in a batch that can be turned. Turning twice restores the row.
 * A source that is known to have opened the connection becomes a destination that did (RFC 5103:
 * reverseInitiator). The ports of ICMP stay: they belong to neither end.
 */
export function turnRecord(batch: FlowBatch, i: number): void {
  const { columns } = batch;
  const protocol = columns.protocolIdentifier[i];
  const isIcmp = protocol === Protocol.icmp || protocol === Protocol.icmpv6;
  for (const [one, other] of pairs) {
    if (isIcmp && one === 'sourceTransportPort') continue;
    if (!batch.has(one)) continue; // all batches share this column
    const words = one.endsWith('IP') ? 4 : 1;
    for (let at = words * i; at < words * (i + 1); at++) swapValues(columns[one], columns[other], at);
  }
  const { initiator, reverseInitiator } = BiflowDirection;
  exchangeValues(columns.biflowDirection, i, initiator, reverseInitiator);
  exchangeValues(columns.observationPointId, i, Observer.source, Observer.destination);
  exchangeValues(columns.flowType, i, FlowType.toExternal, FlowType.fromExternal);
}

type Column = Columns[FieldName];

function swapValues(one: Column, other: Column, at: number): void {
  const value = one[at]!;
  one[at] = other[at]!;
  other[at] = value;
}

/** Exchanges two values. */
function exchangeValues(column: Uint8Array, at: number, one: number, other: number): void {
  const value = column[at]!;
  if (value === one) column[at] = other;
  else if (value === other) column[at] = one;
}
