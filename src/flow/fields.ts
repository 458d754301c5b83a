/**
 * The one table of the flow record: it defines each field once. IPFIX templates, the decoder's mapping, the
 * encoder, JSON, filters and the reference page all derive from it.
 * The order is the order in which a record is shown to people.
 */
import { antreaElement, type Element, ianaElement, reverseElement } from './element.ts';
import {
  biflowDirections,
  connectionStateNames,
  flowEndReasons,
  flowTypes,
  observers,
  policyTypes,
  protocols,
  ruleActions,
} from './enumerations.ts';
import {
  counterField,
  type Field,
  portField,
  rateField,
  SINCE_PREVIOUS,
  SINCE_START,
  type Storage,
  smallField,
  textField,
} from './field.ts';
import { fieldsByEnrichers } from './fields-by-enrichers.ts';
import { fieldsByNode } from './fields-by-node.ts';
import { fieldsByProxies } from './fields-by-proxies.ts';
import { fieldsOfSampling } from './fields-of-sampling.ts';

export const fields = {
  flowStartMilliseconds: {
    storage: 'time',
    description: 'time of the first packet',
    elements: [
      ianaElement(152, 'flowStartMilliseconds', 'dateTimeMilliseconds'),
      ianaElement(156, 'flowStartNanoseconds', 'dateTimeNanoseconds'),
      ianaElement(154, 'flowStartMicroseconds', 'dateTimeMicroseconds'),
      ianaElement(150, 'flowStartSeconds', 'dateTimeSeconds'),
    ],
  },
  flowEndMilliseconds: {
    storage: 'time',
    description: 'time of the last packet seen so far',
    elements: [
      ianaElement(153, 'flowEndMilliseconds', 'dateTimeMilliseconds'),
      ianaElement(157, 'flowEndNanoseconds', 'dateTimeNanoseconds'),
      ianaElement(155, 'flowEndMicroseconds', 'dateTimeMicroseconds'),
      ianaElement(151, 'flowEndSeconds', 'dateTimeSeconds'),
    ],
  },
  flowEndReason: smallField(
    ianaElement(136, 'flowEndReason', 'unsigned8'),
    flowEndReasons,
    'reason for this record (RFC 5102: idle timeout, active timeout, end of flow, forced end, lack of resources)',
  ),
  biflowDirection: smallField(
    ianaElement(239, 'biflowDirection', 'unsigned8'),
    biflowDirections,
    'end that opened the connection (RFC 5103): the source, or in reverse the destination; absent if the direction is a guess',
  ),
  flowId: {
    storage: 'unsigned64',
    description:
      "the observing node's own number for the connection: conntrack zone times 2^32 plus conntrack id",
    elements: [ianaElement(148, 'flowId', 'unsigned64')],
  },
  partialCounters: textField(
    ianaElement(335, 'selectorName', 'string'),
    'why the counters may lack packets: offloaded, when a flow table of the kernel passes packets on without connection tracking; otherwise absent',
  ),
  observationPointId: smallField(
    ianaElement(138, 'observationPointId', 'unsigned64'),
    observers,
    "which ends of the flow the agent's node has; absent in what an aggregator reports and in records of other exporters",
  ),
  sourceIP: {
    storage: 'address',
    description: 'address of the end that opened the connection',
    elements: [ianaElement(8, 'sourceIPv4Address', 'ipv4Address')],
    ipv6Elements: [ianaElement(27, 'sourceIPv6Address', 'ipv6Address')],
  },
  destinationIP: {
    storage: 'address',
    description: 'address of the destination, after destination NAT',
    elements: [ianaElement(12, 'destinationIPv4Address', 'ipv4Address')],
    ipv6Elements: [ianaElement(28, 'destinationIPv6Address', 'ipv6Address')],
  },
  sourceTransportPort: portField(ianaElement(7, 'sourceTransportPort', 'unsigned16'), 'port of the source'),
  destinationTransportPort: portField(
    ianaElement(11, 'destinationTransportPort', 'unsigned16'),
    'port of the destination, after destination NAT',
  ),
  protocolIdentifier: smallField(
    ianaElement(4, 'protocolIdentifier', 'unsigned8'),
    protocols,
    'protocol over IP',
  ),
  icmpTypeCode: {
    storage: 'unsigned16',
    description: 'ICMP type times 256 plus code of the packet that opened the flow',
    elements: [ianaElement(32, 'icmpTypeCodeIPv4', 'unsigned16')],
    ipv6Elements: [ianaElement(139, 'icmpTypeCodeIPv6', 'unsigned16')],
  },

  octetTotalCount: counterField(
    'octets',
    ianaElement(85, 'octetTotalCount', 'unsigned64'),
    `octets from source to destination ${SINCE_START}`,
  ),
  packetTotalCount: counterField(
    'packets',
    ianaElement(86, 'packetTotalCount', 'unsigned64'),
    `packets from source to destination ${SINCE_START}`,
  ),
  octetDeltaCount: counterField(
    'octets',
    ianaElement(1, 'octetDeltaCount', 'unsigned64'),
    `octets from source to destination ${SINCE_PREVIOUS}`,
  ),
  packetDeltaCount: counterField(
    'packets',
    ianaElement(2, 'packetDeltaCount', 'unsigned64'),
    `packets from source to destination ${SINCE_PREVIOUS}`,
  ),
  reverseOctetTotalCount: counterField(
    'octets',
    reverseElement(85, 'reverseOctetTotalCount', 'unsigned64'),
    `octets from destination to source ${SINCE_START}`,
  ),
  reversePacketTotalCount: counterField(
    'packets',
    reverseElement(86, 'reversePacketTotalCount', 'unsigned64'),
    `packets from destination to source ${SINCE_START}`,
  ),
  reverseOctetDeltaCount: counterField(
    'octets',
    reverseElement(1, 'reverseOctetDeltaCount', 'unsigned64'),
    `octets from destination to source ${SINCE_PREVIOUS}`,
  ),
  reversePacketDeltaCount: counterField(
    'packets',
    reverseElement(2, 'reversePacketDeltaCount', 'unsigned64'),
    `packets from destination to source ${SINCE_PREVIOUS}`,
  ),

  throughput: rateField(145, 'throughput', 'rate from source to destination'),
  reverseThroughput: rateField(146, 'reverseThroughput', 'rate from destination to source'),

  sourcePodNamespace: textField(
    antreaElement(100, 'sourcePodNamespace', 'string'),
    'namespace of the source Pod',
  ),
  sourcePodName: textField(antreaElement(101, 'sourcePodName', 'string'), 'name of the source Pod'),
  sourceNodeName: textField(
    antreaElement(104, 'sourceNodeName', 'string'),
    'node of the source; of a flow from outside, the node that let it in for another node',
  ),
  destinationPodNamespace: textField(
    antreaElement(102, 'destinationPodNamespace', 'string'),
    'namespace of the destination Pod',
  ),
  destinationPodName: textField(
    antreaElement(103, 'destinationPodName', 'string'),
    'name of the destination Pod',
  ),
  destinationNodeName: textField(
    antreaElement(105, 'destinationNodeName', 'string'),
    'node of the destination',
  ),

  destinationServiceIP: {
    storage: 'address',
    description: 'destination before destination NAT: a Service address, a node portField, a load balancer',
    zeroIsAbsent: true,
    elements: [
      antreaElement(168, 'destinationServiceIPv4', 'ipv4Address'),
      antreaElement(106, 'destinationClusterIPv4', 'ipv4Address'),
    ],
    ipv6Elements: [
      antreaElement(169, 'destinationServiceIPv6', 'ipv6Address'),
      antreaElement(107, 'destinationClusterIPv6', 'ipv6Address'),
    ],
  },
  destinationServicePort: portField(
    antreaElement(108, 'destinationServicePort', 'unsigned16'),
    'destination port before destination NAT',
  ),
  destinationServicePortName: textField(
    antreaElement(109, 'destinationServicePortName', 'string'),
    'Service behind that address and port: namespace/name:port',
  ),
  proxySnatIP: {
    storage: 'address',
    description: 'source address after source NAT',
    zeroIsAbsent: true,
    elements: [antreaElement(170, 'proxySnatIPv4', 'ipv4Address')],
    ipv6Elements: [antreaElement(171, 'proxySnatIPv6', 'ipv6Address')],
  },
  proxySnatPort: portField(antreaElement(172, 'proxySnatPort', 'unsigned16'), 'source port after source NAT'),

  ingressNetworkPolicyNamespace: textField(
    antreaElement(111, 'ingressNetworkPolicyNamespace', 'string'),
    'namespace of the policy that applied at the destination',
  ),
  ingressNetworkPolicyName: textField(
    antreaElement(110, 'ingressNetworkPolicyName', 'string'),
    'policy that applied at the destination',
  ),
  ingressNetworkPolicyType: smallField(
    antreaElement(115, 'ingressNetworkPolicyType', 'unsigned8'),
    policyTypes,
    'kind of that policy',
  ),
  ingressNetworkPolicyRuleName: textField(
    antreaElement(141, 'ingressNetworkPolicyRuleName', 'string'),
    'rule of the policy that applied',
  ),
  ingressNetworkPolicyRuleAction: smallField(
    antreaElement(139, 'ingressNetworkPolicyRuleAction', 'unsigned8'),
    ruleActions,
    'action of that rule',
  ),
  egressNetworkPolicyNamespace: textField(
    antreaElement(113, 'egressNetworkPolicyNamespace', 'string'),
    'namespace of the policy that applied at the source',
  ),
  egressNetworkPolicyName: textField(
    antreaElement(112, 'egressNetworkPolicyName', 'string'),
    'policy that applied at the source',
  ),
  egressNetworkPolicyType: smallField(
    antreaElement(118, 'egressNetworkPolicyType', 'unsigned8'),
    policyTypes,
    'kind of that policy',
  ),
  egressNetworkPolicyRuleName: textField(
    antreaElement(142, 'egressNetworkPolicyRuleName', 'string'),
    'rule of the policy that applied',
  ),
  egressNetworkPolicyRuleAction: smallField(
    antreaElement(140, 'egressNetworkPolicyRuleAction', 'unsigned8'),
    ruleActions,
    'action of that rule',
  ),

  tcpState: textField(
    antreaElement(136, 'tcpState', 'string'),
    `state of a TCP connection as the kernel tracks it: ${connectionStateNames.join(', ')}`,
  ),
  flowType: smallField(antreaElement(137, 'flowType', 'unsigned8'), flowTypes, 'location of the two ends'),
  egressName: textField(
    antreaElement(153, 'egressName', 'string'),
    'Egress resource that determines the source address',
  ),
  egressIP: textField(antreaElement(154, 'egressIP', 'string'), 'address of that Egress'),
  egressNodeName: textField(antreaElement(157, 'egressNodeName', 'string'), 'node with that address'),

  sourcePodLabels: textField(
    antreaElement(143, 'sourcePodLabels', 'string'),
    'labels of the source Pod as a JSON object',
  ),
  destinationPodLabels: textField(
    antreaElement(144, 'destinationPodLabels', 'string'),
    'labels of the destination Pod as a JSON object',
  ),
  clusterId: textField(antreaElement(158, 'clusterId', 'string'), 'cluster that the record is from'),

  ingressInterface: {
    storage: 'unsigned32',
    description: 'index of the interface the packets came in by',
    elements: [ianaElement(10, 'ingressInterface', 'unsigned32')],
  },
  egressInterface: {
    storage: 'unsigned32',
    description: 'index of the interface the packets went out by',
    elements: [ianaElement(14, 'egressInterface', 'unsigned32')],
  },
  ingressInterfaceName: {
    storage: 'string',
    description: "name of that interface, from a router's options records",
    elements: [],
  },
  egressInterfaceName: {
    storage: 'string',
    description: "name of that interface, from a router's options records",
    elements: [],
  },
  ingressVRFName: {
    storage: 'string',
    description: "name of the VRF the packets came in by, from a router's options records",
    elements: [],
  },
  egressVRFName: {
    storage: 'string',
    description: "name of the VRF the packets went out by, from a router's options records",
    elements: [],
  },
  vlanId: {
    storage: 'unsigned16',
    description: 'VLAN of the packets',
    elements: [ianaElement(58, 'vlanId', 'unsigned16')],
  },
  ipClassOfService: {
    storage: 'unsigned8',
    description: 'type of service or traffic class of the first packet',
    elements: [ianaElement(5, 'ipClassOfService', 'unsigned8')],
  },
  tcpControlBits: {
    storage: 'unsigned16',
    description: 'TCP flags seen, joined by or',
    elements: [ianaElement(6, 'tcpControlBits', 'unsigned16')],
  },

  ...fieldsOfSampling,
  ...fieldsByNode,
  ...fieldsByEnrichers,
  ...fieldsByProxies,
} as const satisfies Record<string, Field>;

export type FieldName = keyof typeof fields;
export type StorageOf<N extends FieldName> = (typeof fields)[N]['storage'];
/** The names of all fields whose column has this storage. */
export type FieldsStoredAs<S extends Storage> = {
  [N in FieldName]: StorageOf<N> extends S ? N : never;
}[FieldName];

export const fieldNames = Object.keys(fields) as FieldName[];

/** A field's definition with its literal types widened, for code that walks the table. */
export const fieldOf = (name: FieldName): Field => fields[name];

/** Elements that carry a field in a flow of this family, the preferred first. */
export function elementsOf(name: FieldName, family: 4 | 6): readonly Element[] {
  const field = fieldOf(name);
  return family === 6 && field.ipv6Elements !== undefined ? field.ipv6Elements : field.elements;
}
