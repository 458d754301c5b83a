/*
 * The information elements that a record of the aggregator has at least, by name, with their numbers. They
 * are listed here by hand, so that a test does not take them from what it tests.
 */

/** Private enterprise numbers: IANA's own elements, their reverse (RFC 5103), Antrea's. */
const IANA = 0;
const REVERSE = 29305;
const ANTREA = 56506;

const numbered = (enterprise: number, elements: Readonly<Record<string, number>>) =>
  Object.entries(elements).map(([name, id]) => ({ name, enterprise, id }));

export interface SeedElement {
  readonly name: string;
  readonly enterprise: number;
  readonly id: number;
}

const ofBoth: readonly SeedElement[] = [
  ...numbered(IANA, {
    flowStartSeconds: 150,
    flowEndSeconds: 151,
    flowEndReason: 136,
    sourceTransportPort: 7,
    destinationTransportPort: 11,
    protocolIdentifier: 4,
    packetTotalCount: 86,
    octetTotalCount: 85,
    packetDeltaCount: 2,
    octetDeltaCount: 1,
  }),
  ...numbered(REVERSE, {
    reversePacketTotalCount: 86,
    reverseOctetTotalCount: 85,
    reversePacketDeltaCount: 2,
    reverseOctetDeltaCount: 1,
  }),
  ...numbered(ANTREA, {
    sourcePodNamespace: 100,
    sourcePodName: 101,
    destinationPodNamespace: 102,
    destinationPodName: 103,
    sourceNodeName: 104,
    destinationNodeName: 105,
    destinationServicePort: 108,
    destinationServicePortName: 109,
    ingressNetworkPolicyName: 110,
    ingressNetworkPolicyNamespace: 111,
    ingressNetworkPolicyType: 115,
    ingressNetworkPolicyRuleName: 141,
    egressNetworkPolicyName: 112,
    egressNetworkPolicyNamespace: 113,
    egressNetworkPolicyType: 118,
    egressNetworkPolicyRuleName: 142,
    ingressNetworkPolicyRuleAction: 139,
    egressNetworkPolicyRuleAction: 140,
    tcpState: 136,
    flowType: 137,
    packetTotalCountFromSourceNode: 120,
    octetTotalCountFromSourceNode: 121,
    packetDeltaCountFromSourceNode: 122,
    octetDeltaCountFromSourceNode: 123,
    reversePacketTotalCountFromSourceNode: 124,
    reverseOctetTotalCountFromSourceNode: 125,
    reversePacketDeltaCountFromSourceNode: 126,
    reverseOctetDeltaCountFromSourceNode: 127,
    packetTotalCountFromDestinationNode: 128,
    octetTotalCountFromDestinationNode: 129,
    packetDeltaCountFromDestinationNode: 130,
    octetDeltaCountFromDestinationNode: 131,
    reversePacketTotalCountFromDestinationNode: 132,
    reverseOctetTotalCountFromDestinationNode: 133,
    reversePacketDeltaCountFromDestinationNode: 134,
    reverseOctetDeltaCountFromDestinationNode: 135,
    sourcePodLabels: 143,
    destinationPodLabels: 144,
    throughput: 145,
    reverseThroughput: 146,
    throughputFromSourceNode: 147,
    throughputFromDestinationNode: 148,
    reverseThroughputFromSourceNode: 149,
    reverseThroughputFromDestinationNode: 150,
    flowEndSecondsFromSourceNode: 151,
    flowEndSecondsFromDestinationNode: 152,
  }),
];

/** The elements of a record of each family. */
export const seedElements: Readonly<Record<'v4' | 'v6', readonly SeedElement[]>> = {
  v4: [
    ...ofBoth,
    ...numbered(IANA, { sourceIPv4Address: 8, destinationIPv4Address: 12 }),
    ...numbered(ANTREA, { destinationClusterIPv4: 106 }),
  ],
  v6: [
    ...ofBoth,
    ...numbered(IANA, { sourceIPv6Address: 27, destinationIPv6Address: 28 }),
    ...numbered(ANTREA, { destinationClusterIPv6: 107 }),
  ],
};
