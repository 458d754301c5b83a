import { EndReason, type FlowRecord, FlowType, Protocol, RuleAction } from '../../src/flow/index.ts';

/** The interval of each node's reports. */
export const reportMs = 1_000;

/** More of everything than the ten that a dashboard shows by name. */
const crowd = Array.from({ length: 14 }, (_, member) => member);

/** The zones of the nodes: there are more pairs of zones than a dashboard shows by name. */
export const clusterZones: Readonly<Record<string, string>> = {
  'node-1': 'zone-1',
  'node-2': 'zone-2',
  ...Object.fromEntries(crowd.map((member) => [`node-s${member}`, `zone-${member % 4}`])),
  ...Object.fromEntries(crowd.map((member) => [`node-d${member}`, `zone-${Math.floor(member / 4)}`])),
};

/** Names for external networks. */
export const clusterRanges: Readonly<Record<string, string[]>> = {
  partner: ['192.0.2.0/24'],
  scanners: ['198.51.100.0/24'],
};

/**
 * The reports of the agents of two Kubernetes nodes, for `rounds` rounds a second apart, from now on: a list
 * of rounds for each node. It has every kind of flow that metrics distinguish. Some go between Pods of two
 * nodes by a Service and under policies, with some loss. Others stay within a node, come from outside or go
 * there. Some are denied, unanswered or reset.
 */
export function clusterFlows(rounds: number): { 'node-1': FlowRecord[][]; 'node-2': FlowRecord[][] } {
  const startMs = Date.now();
  const reports = Array.from({ length: rounds }, (_, round) => report(startMs, round, rounds));
  return { 'node-1': reports.map(([one]) => one), 'node-2': reports.map(([, two]) => two) };
}

/** The records of a round, of node-1 and of node-2. */
function report(startMs: number, round: number, rounds: number): [FlowRecord[], FlowRecord[]] {
  const nowMs = startMs + round * reportMs;
  const lasting = { flowStartMilliseconds: startMs - 1_000, flowEndMilliseconds: nowMs };
  const short = { flowStartMilliseconds: nowMs - 500, flowEndMilliseconds: nowMs };
  const port = 40_000 + round;
  const crowded = crowd.map((member) => crowdReport(member, lasting, short, round, rounds));
  return [
    [
      { ...shopping, ...lasting, ...asSource, ...traffic(round, 1_000) },
      { ...queries, ...lasting, ...traffic(round, 200) },
      { ...outgoing, ...lasting, ...traffic(round, 50) },
      { ...incoming, ...lasting, ...traffic(round, 40) },
      { ...lookups, ...lasting, ...traffic(round, 6) },
      { ...scan, ...short, sourceTransportPort: port, ...oneWay(2) },
      { ...forbidden, ...short, sourceTransportPort: port, ...oneWay(1) },
      ...crowded.flatMap(([one]) => one),
    ],
    [
      { ...shopping, ...lasting, ...asDestination, ...traffic(round, 980) }, // the rest was lost on the way
      { ...office, ...lasting, ...traffic(round, 10) },
      { ...deaf, ...short, sourceTransportPort: port, ...oneWay(3) },
      { ...broken, ...short, sourceTransportPort: port, ...traffic(0, 4) },
      ...crowded.flatMap(([, two]) => two),
    ],
  ];
}

type Times = Pick<FlowRecord, 'flowStartMilliseconds' | 'flowEndMilliseconds'>;

/**
 * The traffic of one of many Pods in a round. Even numbers have more in the first half of all rounds, the
 * others in the second.
 */
function crowdReport(
  member: number,
  lasting: Times,
  short: Times,
  round: number,
  rounds: number,
): [FlowRecord[], FlowRecord[]] {
  const early = Math.min(round + 1, rounds / 2); // rounds of the first half until now
  const late = round + 1 - early;
  const isBusy = (member % 2 === 0) === (late === 0);
  const growth =
    member % 2 === 0
      ? traffic(round, isBusy ? 40 : 10, 40 * early + 10 * late)
      : traffic(round, isBusy ? 40 : 10, 10 * early + 40 * late);
  const sourceTransportPort = 41_000 + round;
  const source = pod('source', `team-${member}`, `client-${member}-0`, `node-s${member}`);
  const destination = pod('destination', `unit-${member}`, `server-${member}-0`, `node-d${member}`);
  const ends = addresses(`10.245.${member}.1`, `10.246.${member}.1`, 7_000 + member);
  const between = { ...tcp, flowType: FlowType.interNode, ...ends };
  const service = { destinationServicePortName: `unit-${member}/service-${member}:port` };
  const within = { ...tcp, flowType: FlowType.intraNode, ...ends, ...source, ...destination, ...short };
  const over = { ...within, flowEndReason: EndReason.end, sourceTransportPort };
  const egress = policy('egress', `out-${member}`, RuleAction.allow);
  const ingress = policy('ingress', `in-${member}`, RuleAction.allow);
  const outside = addresses(`10.245.${member}.1`, '192.0.2.80', 443);
  const called = { destinationServicePort: 7_000 + member, ...service };
  const again = (times: number, record: FlowRecord): FlowRecord[] =>
    Array.from({ length: times }, (_, time) => ({
      ...record,
      sourceTransportPort: record.sourceTransportPort! + 1_000 * time,
    }));
  const denial = { ...over, ...policy('ingress', `not-${member}`, RuleAction.drop), ...oneWay(1) };
  const silence = {
    ...over,
    ...called,
    flowEndReason: EndReason.idle,
    sourceTransportPort: sourceTransportPort + 5_000,
    ...oneWay(1),
  };
  return [
    [
      { ...between, ...lasting, ...source, ...called, ...egress, ...growth },
      {
        ...over,
        sourceTransportPort: sourceTransportPort + 4_000,
        ...called,
        ...egress,
        ...ingress,
        ...traffic(0, 3),
      },
      {
        ...tcp,
        flowType: FlowType.toExternal,
        ...outside,
        ...source,
        ...lasting,
        ...growth,
      },
      ...again(isBusy ? 3 : 1, denial),
    ],
    [
      { ...between, ...lasting, ...destination, ...ingress, ...growth },
      ...again(isBusy ? 3 : 1, silence),
      { ...over, sourceTransportPort: sourceTransportPort + 9_000, tcpState: 'CLOSE', ...traffic(0, 2) },
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
const lookups: FlowRecord = {
  protocolIdentifier: Protocol.udp,
  flowEndReason: EndReason.active,
  flowType: FlowType.intraNode,
  ...addresses('10.244.1.5', '10.244.1.2', 53),
  ...pod('source', 'shop', 'web-7d5c9f6b8-x2v4q', 'node-1'),
  ...pod('destination', 'kube-system', 'coredns-5dd5756b68-abcde', 'node-1'),
  destinationServicePortName: 'kube-system/kube-dns:dns',
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

/**
 * This many packets to the destination in this round, and in total. By default, each round so far had as
 * many. Half as many go back.
 */
function traffic(round: number, packets: number, total = packets * (round + 1)): FlowRecord {
  return {
    packetDeltaCount: packets,
    octetDeltaCount: packets * 1_000,
    packetTotalCount: total,
    octetTotalCount: total * 1_000,
    reversePacketDeltaCount: packets / 2,
    reverseOctetDeltaCount: packets * 50,
    reversePacketTotalCount: total / 2,
    reverseOctetTotalCount: total * 50,
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
