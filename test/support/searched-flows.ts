import { batchOf, type FlowBatch, type FlowRecord } from '../../src/flow/index.ts';
import { defaultLogLayout } from '../../src/logs/index.ts';
import { FlowCorpus } from './flow-corpus.ts';

/*
 * Flows of the last day, for the searches of docs/logql.md and docs/logsql.md. Among the flows of a busy
 * cluster they are what each search must find, and what it must leave out.
 */

/** The time of the newest records, in milliseconds since 1970. */
export const NOW_MS = Date.now();
export const MINUTE_MS = 60_000;
/** Options for lines that identify their record by `flowId`. */
export const searchedLayout = { omit: [], metadata: [...defaultLogLayout.metadata, 'communityId' as const] };

/** The time of the deployment, half an hour ago. */
const minutesAgo = [20 * 60, 5 * 60, 45, 10] as const;

let nextId = 1_000_000_000_000;

/** A flow of 2 s that ended this many minutes ago. */
export function flow(minutes: number, more: FlowRecord): FlowRecord {
  const end = NOW_MS - minutes * MINUTE_MS;
  return {
    flowId: nextId++,
    flowStartMilliseconds: end - 2_000,
    flowEndMilliseconds: end,
    flowEndReason: 3,
    sourceIP: '10.244.1.7',
    destinationIP: '10.244.2.9',
    sourceTransportPort: 40_000 + (nextId % 10_000),
    destinationTransportPort: 8080,
    protocolIdentifier: 6,
    octetTotalCount: 1_000,
    octetDeltaCount: 1_000,
    packetTotalCount: 10,
    packetDeltaCount: 10,
    reverseOctetTotalCount: 3_000,
    reverseOctetDeltaCount: 3_000,
    reversePacketTotalCount: 10,
    reversePacketDeltaCount: 10,
    flowType: 2,
    ...more,
  };
}

export const cart = {
  sourcePodNamespace: 'shop',
  sourcePodName: 'cart-7d9f8b6c5d-x2k4p',
  sourceNodeName: 'node-1',
};
export const web = {
  sourceIP: '10.244.3.3',
  sourcePodNamespace: 'front',
  sourcePodName: 'web-0',
  sourceNodeName: 'node-3',
};
const batchJob = {
  sourceIP: '10.244.4.4',
  sourcePodNamespace: 'batch',
  sourcePodName: 'job-x9k2p',
  sourceNodeName: 'node-1',
};
const toCart = {
  destinationIP: '10.244.1.7',
  destinationPodNamespace: 'shop',
  destinationPodName: cart.sourcePodName,
  destinationNodeName: 'node-1',
  destinationServicePortName: 'shop/cart:http',
};
const toDb = {
  destinationTransportPort: 5432,
  destinationPodNamespace: 'shop',
  destinationPodName: 'db-0',
  destinationNodeName: 'node-2',
  destinationServicePortName: 'shop/db:postgres',
};
export const outside = { flowType: 3, destinationIP: '198.51.100.7', destinationTransportPort: 443 };
const byBoth = { octetTotalCountFromSourceNode: 1_000, octetTotalCountFromDestinationNode: 1_000 };
const bySource = { octetTotalCountFromSourceNode: 1_000 };
const ingress = (name: string, action: number) => ({
  ingressNetworkPolicyNamespace: 'shop',
  ingressNetworkPolicyName: name,
  ingressNetworkPolicyRuleAction: action,
});
const egress = (name: string, action: number) => ({
  egressNetworkPolicyNamespace: 'shop',
  egressNetworkPolicyName: name,
  egressNetworkPolicyRuleAction: action,
});
export const times = <T>(count: number, one: () => T): T[] => Array.from({ length: count }, one);

/** The flows for each question at one of the times; searches must leave some of them out. */
function flowsOf(minutes: (typeof minutesAgo)[number]): FlowRecord[] {
  const always = [
    flow(minutes, { ...cart, ...toDb, ...byBoth }),
    flow(minutes, { ...web, ...toCart, ...byBoth }),
  ];
  if (minutes === 45) {
    return [
      ...always,
      ...times(3, () => flow(minutes, { ...web, ...toCart, ...ingress('open', 1), ...bySource })),
      ...times(4, () => flow(minutes, { ...batchJob, ...toCart, ...byBoth })),
      flow(minutes, {
        sourceIP: '128.232.110.120',
        sourceTransportPort: 34_855,
        destinationIP: '66.35.250.204',
        destinationTransportPort: 80,
      }),
    ];
  }
  if (minutes === 10) {
    return [
      ...always,
      ...times(6, () => flow(minutes, { ...web, ...toCart, ...ingress('open', 1), ...byBoth })),
      flow(minutes, { ...batchJob, ...toCart, ...byBoth }),
      flow(minutes, { ...web, ...toDb }), // for the first time
      flow(minutes, { ...cart, ...toDb, ...ingress('db-clients', 2) }),
      flow(minutes, { ...web, ...toDb, ...ingress('db-clients', 3), ...egress('other', 1) }),
      flow(minutes, { ...cart, ...toDb, ...egress('db-clients', 3) }),
      flow(minutes, { ...cart, ...toDb, ...ingress('db-clients', 1), ...egress('other', 2) }),
      flow(minutes, { ...cart, ...toDb, ...ingress('db-clients', 1) }),
      flow(minutes, {
        ...cart,
        sourcePodName: 'cart2-7d9f8b6c5d-x2k4p',
        ...toDb,
        ...ingress('db-clients', 2),
      }),
      flow(minutes, { ...cart, ...outside, octetDeltaCount: 5_000_000 }),
      flow(minutes, { ...cart, ...outside, destinationIP: '198.51.101.7', octetDeltaCount: 9_000_000 }),
      flow(minutes, { ...web, ...outside, octetDeltaCount: 50_000_000, reverseOctetDeltaCount: 1_000 }),
      flow(minutes, { ...web, ...outside, octetDeltaCount: 50_000_000, reverseOctetDeltaCount: 40_000_000 }),
      flow(minutes, { ...web, flowStartMilliseconds: NOW_MS - 3 * 60 * MINUTE_MS }),
      flow(minutes, {
        sourceIP: '66.35.250.204',
        sourceTransportPort: 80,
        destinationIP: '128.232.110.120',
        destinationTransportPort: 34_855,
      }),
      { flowId: nextId++, flowEndMilliseconds: NOW_MS - 10 * MINUTE_MS, protocolIdentifier: 47 }, // nearly all dashes
    ];
  }
  return always;
}

/** Flows that were logged together. */
export interface SearchedBatches {
  /** When, milliseconds since 1970. */
  readonly loggedMs: number;
  readonly batches: readonly FlowBatch[];
}

/** All of them, the oldest first. */
export function searchedFlows(): SearchedBatches[] {
  return minutesAgo.map((minutes) => {
    const startMs = NOW_MS - minutes * MINUTE_MS;
    const busy = [...new FlowCorpus({ records: 150, startMs }).batches()];
    return { loggedMs: startMs + 1_000, batches: [...busy, batchOf(flowsOf(minutes))] };
  });
}

export const rowsOf = (flows: readonly SearchedBatches[]): FlowRecord[] =>
  flows.flatMap(({ batches }) => batches.flatMap((batch) => [...batch]));
