import { BiflowDirection, FlowType, Protocol } from './enumerations.ts';
import type { FieldName } from './fields.ts';
import type { Columns, FlowBatch } from './flow-batch.ts';

/**
 * Fields that change places when a record is told with its destination for the source. The source after NAT
 * and the destination before NAT do so, too: they are what the two tuples of a connection say beside its
 * ends. A policy of ingress decided at the destination, one of egress at the source.
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
] as const satisfies readonly (readonly [FieldName, FieldName])[];

/** By field, the one that it changes places with. */
const twins = new Map<FieldName, FieldName>(
  pairs.flatMap(([one, other]): [FieldName, FieldName][] => [
    [one, other],
    [other, one],
  ]),
);

/** What a batch has to carry beside these fields for its records to be turned. */
export const turnedFieldsOf = (fields: Iterable<FieldName>): FieldName[] =>
  [...fields].flatMap((name) => twins.get(name) ?? []);

/**
 * Whether the records of a batch say who opened their connections, and can be turned: both fields of each
 * pair are in it, or neither.
 */
export function canTurn(batch: FlowBatch): boolean {
  return batch.has('biflowDirection') && pairs.every(([one, other]) => batch.has(one) === batch.has(other));
}

/**
 * Tells row `i` of a batch that can be turned with its destination for the source; done twice, the row is
 * what it was. A source that is known to have opened the connection becomes the destination that did (RFC
 * 5103: reverseInitiator). What ICMP has for ports stays where it is: it belongs to no end.
 */
export function turnRecord(batch: FlowBatch, i: number): void {
  const { columns } = batch;
  const protocol = columns.protocolIdentifier[i];
  const isIcmp = protocol === Protocol.icmp || protocol === Protocol.icmpv6;
  for (const [one, other] of pairs) {
    if (isIcmp && one === 'sourceTransportPort') continue;
    if (!batch.has(one)) continue; // its column is one for all batches
    const words = one.endsWith('IP') ? 4 : 1;
    for (let at = words * i; at < words * (i + 1); at++) swap(columns[one], columns[other], at);
  }
  const { initiator, reverseInitiator } = BiflowDirection;
  exchange(columns.biflowDirection, i, initiator, reverseInitiator);
  exchange(columns.flowType, i, FlowType.toExternal, FlowType.fromExternal);
}

type Column = Columns[FieldName];

function swap(one: Column, other: Column, at: number): void {
  const value = one[at]!;
  one[at] = other[at]!;
  other[at] = value;
}

/** Puts one value for the other. */
function exchange(column: Uint8Array, at: number, one: number, other: number): void {
  const value = column[at]!;
  if (value === one) column[at] = other;
  else if (value === other) column[at] = one;
}
