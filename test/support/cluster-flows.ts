import { EndReason, type FlowRecord, FlowType, Protocol, RuleAction } from '../../src/flow/index.ts';

/** Every so long each node reports. */
export const reportMs = 1_000;

/**
 * What the agents of two Kubernetes nodes report in so many rounds, a second apart, beginning now: a list of rounds for each node. Has every kind
 * of flow that metrics tell apart: between Pods of two nodes by a Service and under policies, with some loss; within a node; from and to the
 * outside; denied, unanswered and reset.
 */
export function clusterFlows(rounds: number): { 'node-1': FlowRecord[][]; 'node-2': FlowRecord[][] } {
  const startMs = Date.now();
  const reports = Array.from({ length: rounds }, (_, round) => report(startMs, round));
  return { 'node-1': reports.map(([one]) => one), 'node-2': reports.map(([, two]) => two) };
}

/** The records of a round, of node-1 and of node-2. */
function report(startMs: number, round: number): [FlowRecord[], FlowRecord[]] {
  const nowMs = startMs + round * reportMs;
  const lasting = { flowStartMilliseconds: startMs - 1_000, flowEndMilliseconds: nowMs };
  const short = { flowStartMilliseconds: nowMs - 500, flowEndMilliseconds: nowMs };
  const port = 40_000 + round;
  return [
    [
      { ...shopping, ...lasting, ...asSource, ...traffic(round, 1_000) },
      { ...queries, ...lasting, ...traffic(round, 200) },
      { ...outgoing, ...lasting, ...traffic(round, 50) },
      { ...incoming, ...lasting, ...traffic(round, 40) },
      { ...scan, ...short, sourceTransportPort: port, ...oneWay(2) },
      { ...forbidden, ...short, sourceTransportPort: port, ...oneWay(1) },
    ],
    [
      { ...shopping, ...lasting, ...asDestination, ...traffic(round, 980) }, // the rest was lost on the way
      { ...office, ...lasting, ...traffic(round, 10) },
      { ...deaf, ...short, sourceTransportPort: port, ...oneWay(3) },
      { ...broken, ...short, sourceTransportPort: port, ...traffic(0, 4) },
    ],
  ];
}

const tcp = { protocolIdentifier: Protocol.tcp, flowEndReason: EndReason.active, tcpState: 'ESTABLISHED' };

const pod = (end: 'source' | 'destination', namespace: string, name: string, node: string): FlowRecord => ({
  [`${end}PodNamespace`]: namespace,
  [`${end}PodName`]: name,
  [`${end}NodeName`]: node,
});

const policy = (end: 'ingress' | 'egress', name: string, action: number): FlowRecord => ({
  [`${end}NetworkPolicyNamespace`]: 'shop',
  [`${end}NetworkPolicyName`]: name,
  [`${end}NetworkPolicyType`]: 2,
  [`${end}NetworkPolicyRuleName`]: `${name}-rule`,
  [`${end}NetworkPolicyRuleAction`]: action,
});

const addresses = (sourceIP: string, destinationIP: string, port: number): FlowRecord => ({
  sourceIP,
  destinationIP,
  sourceTransportPort: 30_000,
  destinationTransportPort: port,
});

/** Between two nodes: each knows its own end. */
const shopping: FlowRecord = {
  ...tcp,
  flowType: FlowType.interNode,
  ...addresses('10.244.1.5', '10.244.2.9', 8443),
};
const asSource: FlowRecord = {
  ...pod('source', 'shop', 'web-7d5c9f6b8-x2v4q', 'node-1'),
  ...policy('egress', 'web-may-order', RuleAction.allow),
  destinationServiceIP: '10.96.0.10',
  destinationServicePort: 443,
  destinationServicePortName: 'shop/orders:https',
};
const asDestination: FlowRecord = {
  ...pod('destination', 'shop', 'orders-0', 'node-2'),
  ...policy('ingress', 'orders-from-web', RuleAction.allow),
};

const queries: FlowRecord = {
  ...tcp,
  flowType: FlowType.intraNode,
  ...addresses('10.244.1.5', '10.244.1.7', 5432),
  ...pod('source', 'shop', 'web-7d5c9f6b8-x2v4q', 'node-1'),
  ...pod('destination', 'data', 'postgres-0', 'node-1'),
  destinationServicePortName: 'data/postgres:sql',
};
const outgoing: FlowRecord = {
  ...tcp,
  flowType: FlowType.toExternal,
  ...addresses('10.244.1.5', '192.0.2.80', 443),
  ...pod('source', 'shop', 'web-7d5c9f6b8-x2v4q', 'node-1'),
};
const incoming: FlowRecord = {
  ...tcp,
  flowType: FlowType.fromExternal,
  ...addresses('198.51.100.4', '10.244.1.5', 8080),
  ...pod('destination', 'shop', 'web-7d5c9f6b8-x2v4q', 'node-1'),
};
const office: FlowRecord = {
  ...tcp,
  flowType: FlowType.toExternal,
  ...addresses('10.244.2.9', '203.0.113.7', 25),
  ...pod('source', 'shop', 'orders-0', 'node-2'),
};

/** From the outside, dropped. */
const scan: FlowRecord = {
  ...tcp,
  tcpState: 'SYN_SENT',
  flowEndReason: EndReason.end,
  flowType: FlowType.fromExternal,
  ...addresses('198.51.100.66', '10.244.1.5', 22),
  ...pod('destination', 'shop', 'web-7d5c9f6b8-x2v4q', 'node-1'),
  ...policy('ingress', 'nothing-else', RuleAction.drop),
};
/** Between Pods, rejected. */
const forbidden: FlowRecord = {
  ...tcp,
  tcpState: 'SYN_SENT',
  flowEndReason: EndReason.end,
  flowType: FlowType.intraNode,
  ...addresses('10.244.1.5', '10.244.1.8', 6379),
  ...pod('source', 'shop', 'web-7d5c9f6b8-x2v4q', 'node-1'),
  ...pod('destination', 'data', 'cache-0', 'node-1'),
  ...policy('egress', 'web-not-to-cache', RuleAction.reject),
};
/** Without an answer. */
const deaf: FlowRecord = {
  ...tcp,
  tcpState: 'SYN_SENT',
  flowEndReason: EndReason.idle,
  flowType: FlowType.intraNode,
  ...addresses('10.244.2.9', '10.244.2.10', 9092),
  ...pod('source', 'shop', 'orders-0', 'node-2'),
  ...pod('destination', 'data', 'queue-0', 'node-2'),
};
/** Ended by a reset. */
const broken: FlowRecord = {
  ...tcp,
  tcpState: 'CLOSE',
  flowEndReason: EndReason.end,
  flowType: FlowType.intraNode,
  ...addresses('10.244.2.9', '10.244.2.11', 8125),
  ...pod('source', 'shop', 'orders-0', 'node-2'),
  ...pod('destination', 'data', 'stats-0', 'node-2'),
};

/** So many packets there in each round until this one, and half as many back. */
function traffic(round: number, packets: number): FlowRecord {
  return {
    packetDeltaCount: packets,
    octetDeltaCount: packets * 1_000,
    packetTotalCount: packets * (round + 1),
    octetTotalCount: packets * 1_000 * (round + 1),
    reversePacketDeltaCount: packets / 2,
    reverseOctetDeltaCount: packets * 50,
    reversePacketTotalCount: (packets / 2) * (round + 1),
    reverseOctetTotalCount: packets * 50 * (round + 1),
  };
}

const oneWay = (packets: number): FlowRecord => ({
  packetDeltaCount: packets,
  octetDeltaCount: packets * 60,
  packetTotalCount: packets,
  octetTotalCount: packets * 60,
  reversePacketDeltaCount: 0,
  reverseOctetDeltaCount: 0,
  reversePacketTotalCount: 0,
  reverseOctetTotalCount: 0,
});
