import type { FlowRecord } from '../../flow/index.ts';

/** A flow as the reference system's API gives it: by the names of IPFIX elements, with plain numbers. */
export type RecordMap = Readonly<Record<string, string | number>>;

/** Times of each map in whole seconds since 1970. */
const seconds = {
  flowStartSeconds: 'flowStartMilliseconds',
  flowEndSeconds: 'flowEndMilliseconds',
  flowEndSecondsFromSourceNode: 'flowEndSecondsFromSourceNode',
  flowEndSecondsFromDestinationNode: 'flowEndSecondsFromDestinationNode',
} as const;

/** Keys that each map has, with 0 for a value that the flow lacks. */
const numbers = [
  'sourceTransportPort',
  'destinationTransportPort',
  'protocolIdentifier',
  'flowType',
  'flowEndReason',
  'destinationServicePort',
  'ingressNetworkPolicyRuleAction',
  'egressNetworkPolicyRuleAction',
  'packetTotalCount',
  'octetTotalCount',
  'packetDeltaCount',
  'octetDeltaCount',
  'reversePacketTotalCount',
  'reverseOctetTotalCount',
  'reversePacketDeltaCount',
  'reverseOctetDeltaCount',
  'throughput',
  'reverseThroughput',
] as const;

/** Keys that each map has, with "" for a value that the flow lacks. */
const texts = [
  'tcpState',
  'sourcePodName',
  'sourcePodNamespace',
  'sourceNodeName',
  'destinationPodName',
  'destinationPodNamespace',
  'destinationNodeName',
  'destinationServicePortName',
  'ingressNetworkPolicyName',
  'ingressNetworkPolicyNamespace',
  'ingressNetworkPolicyRuleName',
  'egressNetworkPolicyName',
  'egressNetworkPolicyNamespace',
  'egressNetworkPolicyRuleName',
  'egressName',
  'egressIP',
  'egressNodeName',
] as const;

/** The keys of maps. Those of addresses are of the family of the flow. */
export const recordMapKeys = {
  numbers: [...Object.keys(seconds), ...numbers],
  texts,
  addresses: (['IPv4', 'IPv6'] as const).flatMap((family) => [
    `source${family}Address`,
    `destination${family}Address`,
    `destinationCluster${family}`,
    `destinationService${family}`,
  ]),
};

/** Whole seconds since 1970; 0 for none. */
const secondsOf = (timeMs: number | undefined): number => Math.floor((timeMs ?? 0) / 1_000);

/** A flow as the reference system shows it. An end that may not be known has no address. */
export function recordMapOf(record: FlowRecord): RecordMap {
  const { sourceIP = '', destinationIP = '', destinationServiceIP = '' } = record;
  const family = `${sourceIP}${destinationIP}`.includes(':') ? 'IPv6' : 'IPv4';
  return {
    ...Object.fromEntries(Object.entries(seconds).map(([key, name]) => [key, secondsOf(record[name])])),
    [`source${family}Address`]: sourceIP,
    [`destination${family}Address`]: destinationIP,
    ...Object.fromEntries(numbers.map((name) => [name, record[name] ?? 0])),
    ...Object.fromEntries(texts.map((name) => [name, record[name] ?? ''])),
    [`destinationCluster${family}`]: destinationServiceIP,
    [`destinationService${family}`]: destinationServiceIP,
  };
}
