import { batchOf, type FlowBatch, type FlowRecord } from '../../src/flow/index.ts';
import {
  ColumnWriter,
  createTemplate,
  elementNamed,
  MessageWriter,
  type Template,
} from '../../src/ipfix/wire/index.ts';

/** The 43 elements of an Antrea agent's IPv4 template, in its order. */
const elements = [
  'flowStartSeconds flowEndSeconds flowEndReason sourceTransportPort destinationTransportPort protocolIdentifier',
  'packetTotalCount octetTotalCount packetDeltaCount octetDeltaCount sourceIPv4Address destinationIPv4Address',
  'reversePacketTotalCount reverseOctetTotalCount reversePacketDeltaCount reverseOctetDeltaCount',
  'sourcePodName sourcePodNamespace sourceNodeName destinationPodName destinationPodNamespace destinationNodeName',
  'destinationServicePort destinationServicePortName',
  'ingressNetworkPolicyName ingressNetworkPolicyNamespace ingressNetworkPolicyType',
  'ingressNetworkPolicyRuleName ingressNetworkPolicyRuleAction',
  'egressNetworkPolicyName egressNetworkPolicyNamespace egressNetworkPolicyType',
  'egressNetworkPolicyRuleName egressNetworkPolicyRuleAction',
  'tcpState flowType egressName egressIP egressNodeName proxySnatPort',
  'destinationClusterIPv4 proxySnatIPv4 destinationServiceIPv4',
].flatMap((line) => line.split(' '));

export const agentTemplate: Template = createTemplate(
  256,
  elements.map((name) => ({ element: elementNamed(name)! })),
);

/** Flows of a node with a hundred Pods as its agent would report them; half of them through a Service. */
export function agentFlows(count: number): FlowBatch {
  return batchOf(Array.from({ length: count }, (_, i) => agentFlow(i)));
}

function agentFlow(i: number): FlowRecord {
  const throughService = i % 2 === 0;
  const packets = 10 + (i % 997);
  return {
    flowStartMilliseconds: 1_700_000_000_000 + i * 1000,
    flowEndMilliseconds: 1_700_000_060_000 + i * 1000,
    flowEndReason: 2,
    sourceIP: `10.10.1.${1 + (i % 100)}`,
    destinationIP: `10.10.${2 + (i % 9)}.${1 + (i % 200)}`,
    sourceTransportPort: 32_768 + (i % 28_000),
    destinationTransportPort: 8080,
    protocolIdentifier: 6,
    packetTotalCount: packets * 12,
    octetTotalCount: packets * 12_000,
    packetDeltaCount: packets,
    octetDeltaCount: packets * 1000,
    reversePacketTotalCount: packets * 24,
    reverseOctetTotalCount: packets * 5_000_000,
    reversePacketDeltaCount: packets * 2,
    reverseOctetDeltaCount: packets * 400_000,
    sourcePodName: `frontend-7c9f8b6d5-${(i % 100).toString(36).padStart(5, 'x')}`,
    sourcePodNamespace: 'shop',
    sourceNodeName: 'worker-1',
    destinationPodName: '',
    tcpState: 'ESTABLISHED',
    flowType: 2,
    egressNetworkPolicyName: 'allow-frontend-to-backend',
    egressNetworkPolicyNamespace: 'shop',
    egressNetworkPolicyType: 1,
    egressNetworkPolicyRuleAction: 1,
    ...(throughService && {
      destinationServiceIP: `10.96.0.${1 + (i % 30)}`,
      destinationServicePort: 80,
      destinationServicePortName: `shop/backend-${i % 30}:http`,
    }),
  };
}

/** Messages of domain 1 with these flows, and this many records in each. */
export function messagesOf(batch: FlowBatch, recordsPerMessage: number): Uint8Array[] {
  const writer = new MessageWriter();
  const columns = new ColumnWriter(agentTemplate);
  const messages: Uint8Array[] = [];
  for (let row = 0; row < batch.length; ) {
    writer.start({ domain: 1, sequenceNumber: row, exportTimeSeconds: 1_700_000_100 });
    row += writer.writeRows(columns, batch, row, Math.min(batch.length, row + recordsPerMessage));
    messages.push(writer.finish().slice());
  }
  return messages;
}
