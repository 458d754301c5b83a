import { describe, expect, it } from 'vitest';
import { type FlowRecord, FlowType } from '../../../src/flow/index.ts';
import { KubernetesEnricher, type KubernetesEnricherOptions } from '../../../src/kubernetes/index.ts';
import { type AccountStatement, Ledger } from '../../../src/runtime/index.ts';
import { TestBed } from '../../aggregator/test-bed.ts';
import { BEGUN, madeController, madeNode, madePod, madeService, madeSlice } from './made-objects.ts';
import { TestCluster } from './test-cluster.ts';

const clientAsMade = {
  name: 'client-5d8f-abcde',
  uid: '11111111-2222-3333-4444-555555555555',
  addresses: ['10.244.1.5'],
  labels: { app: 'client', 'pod-template-hash': '5d8f' },
  owner: { kind: 'ReplicaSet', name: 'client-5d8f' },
};
const client = madePod(clientAsMade);
const server = madePod({
  name: 'db-0',
  namespace: 'data',
  node: 'node-b',
  addresses: ['10.244.2.7'],
  owner: { kind: 'StatefulSet', name: 'db' },
});
const nodes = [
  madeNode({ addresses: [{ type: 'InternalIP', address: '192.0.2.1' }] }),
  madeNode({
    name: 'node-b',
    labels: { 'topology.kubernetes.io/zone': 'zone-2' },
    addresses: [{ type: 'InternalIP', address: '192.0.2.2' }],
  }),
];
const kubeSystem = { metadata: { name: 'kube-system', uid: 'cluster-uid' } };

/** Two Pods on two nodes, with their Services. */
function cluster(labels = false): TestCluster {
  const made = new TestCluster({ labels });
  made.list('nodes', nodes);
  made.list('pods', [client, server]);
  made.list('namespaces', [kubeSystem]);
  made.list('services', [
    madeService({
      name: 'db',
      clusterIPs: ['10.96.0.10'],
      ports: [{ name: 'sql', port: 5432, nodePort: 30_432 }],
    }),
  ]);
  made.list('endpointslices', []);
  made.list('replicasets', [
    madeController('ReplicaSet', 'client-5d8f', { kind: 'Deployment', name: 'client' }),
  ]);
  made.list('jobs', []);
  return made;
}

interface Named {
  readonly record: FlowRecord;
  readonly ends: AccountStatement;
}

/** The first report of a flow between the two Pods that differs in these fields. */
function report(from: TestCluster, fields: FlowRecord, options?: KubernetesEnricherOptions): Named {
  const ledger = new Ledger();
  const enricher = new KubernetesEnricher(from.names, ledger, options);
  const bed = new TestBed({}, undefined, from.clock, [enricher]);
  const sent = bed.connection({
    sourceIP: '10.244.1.5',
    destinationIP: '10.244.2.7',
    destinationTransportPort: 5432,
    observationPointId: 3,
    flowType: 0,
    ...fields,
  });
  bed.send(sent);
  const [record] = bed.pass(1_000);
  expect(bed.flows.events).not.toHaveProperty('enrichment failed: kubernetes');
  return { record: record!, ends: ledger.toJSON()[0]! };
}

describe('a record gets from the cluster', () => {
  it('Pods, nodes, zones and workloads of both ends, the cluster and the flow type', () => {
    const { record, ends } = report(cluster(), {});
    expect(record).toMatchObject({
      sourcePodNamespace: 'shop',
      sourcePodName: 'client-5d8f-abcde',
      sourceNodeName: 'node-a',
      sourceZone: 'zone-1',
      sourceWorkloadKind: 'Deployment',
      sourceWorkloadName: 'client',
      destinationPodNamespace: 'data',
      destinationPodName: 'db-0',
      destinationNodeName: 'node-b',
      destinationZone: 'zone-2',
      destinationWorkloadKind: 'StatefulSet',
      destinationWorkloadName: 'db',
      clusterId: 'cluster-uid',
      flowType: FlowType.intraNode, // both ends at the node that observes it
    });
    expect(record).not.toHaveProperty('sourcePodLabels');
    expect(record).not.toHaveProperty('sourcePodUUID');
    expect(ends).toMatchObject({ received: 2, sent: 2, events: {} });
  });

  it('labels without those of controllers, and UIDs, on request', () => {
    const { record } = report(cluster(true), {}, { uids: true });
    expect(record).toMatchObject({
      sourcePodLabels: '{"app":"client"}',
      sourcePodUUID: '11111111-2222-3333-4444-555555555555',
      sourceNodeUUID: 'uid-node-a',
      destinationPodUUID: 'uid-db-0',
      destinationNodeUUID: 'uid-node-b',
    });
  });

  it('the UID of the Service, also of one that the agent has named', () => {
    const asked = { destinationServiceIP: '10.96.0.10', destinationServicePort: 5432 };
    const uidOf = (destinationServicePortName: string) =>
      report(cluster(true), { ...asked, destinationServicePortName }, { uids: true }).record
        .destinationServiceUUID;
    const { record } = report(cluster(true), asked, { uids: true });
    expect(record.destinationServiceUUID).toBeDefined();
    expect(uidOf(record.destinationServicePortName!)).toBe(record.destinationServiceUUID);
    expect(uidOf('other/service')).toBeUndefined();
  });

  it.each<[string, FlowRecord]>([
    ['a cluster address', { destinationServiceIP: '10.96.0.10', destinationServicePort: 5432 }],
    ['a port of a node', { destinationServiceIP: '192.0.2.1', destinationServicePort: 30_432 }],
    ['a cluster address that nobody translated', { destinationIP: '10.96.0.10' }],
    [
      'a port of a node that nobody translated',
      { destinationIP: '192.0.2.2', destinationTransportPort: 30_432 },
    ],
  ])('the Service behind %s', (_what, fields) => {
    expect(report(cluster(), fields).record).toHaveProperty('destinationServicePortName', 'shop/db:sql');
  });

  it('no Service for the port of a node at an address outside', () => {
    const outside = { destinationServiceIP: '198.51.100.9', destinationServicePort: 30_432 };
    expect(report(cluster(), outside).record).not.toHaveProperty('destinationServicePortName');
  });

  it('the headless Service that it must have used', () => {
    const headless = cluster();
    headless.set(madeSlice({ endpoints: [{ podUid: 'uid-db-0', node: 'node-b' }] }));
    expect(report(headless, {}).record).toHaveProperty('destinationServicePortName', 'shop/db:sql');
  });

  it('the name of a node, without a Pod', () => {
    const { record } = report(cluster(), { sourceIP: '192.0.2.2' });
    expect(record).toMatchObject({ sourceNodeName: 'node-b', sourceZone: 'zone-2' });
    expect(record).not.toHaveProperty('sourcePodName');
  });
});

describe('a flow to a node', () => {
  const waiting = (name: string, node = 'node-b', readyMs?: number) =>
    madePod({
      ...{ name, namespace: 'monitoring', node, isOnHostNetwork: true, addresses: ['192.0.2.2'] },
      ...(readyMs !== undefined && { readyMs }),
    });
  const listener = (name: string, node?: string) => waiting(name, node, BEGUN);
  const toNode = { destinationIP: '192.0.2.2', destinationTransportPort: 8080 };

  it('has the name of the only Pod in the network of the node that says it listens at the port', () => {
    const made = cluster();
    made.set(listener('exporter'), listener('elsewhere', 'node-a'));
    expect(report(made, toNode).record).toMatchObject({
      destinationPodNamespace: 'monitoring',
      destinationPodName: 'exporter',
      destinationNodeName: 'node-b',
      destinationZone: 'zone-2',
      namedByAggregator: 'source inferred-destination',
    });
  });

  it.each<[string, FlowRecord, (made: TestCluster) => void]>([
    ['two Pods say so', {}, (made) => made.set(listener('one'), listener('other'))],
    ['none says so', {}, () => {}],
    ['the Pod has never been ready', {}, (made) => made.set(waiting('one'))],
    [
      'the Pod has gone',
      {},
      (made) => {
        made.set(listener('one'));
        made.delete(listener('one'));
      },
    ],
    ['the protocol differs', { protocolIdentifier: 17 }, (made) => made.set(listener('one'))],
  ])("is the node's own when %s", (_what, fields, change) => {
    const made = cluster();
    change(made);
    made.clock.advance(60_000);
    const { record } = report(made, { ...toNode, ...fields });
    expect(record).toMatchObject({ destinationNodeName: 'node-b', namedByAggregator: 'source destination' });
    expect(record).not.toHaveProperty('destinationPodName');
  });
});

describe('what only the aggregator knows', () => {
  const bothSaid = {
    sourcePodName: 'client-5d8f-abcde',
    sourcePodNamespace: 'shop',
    destinationPodName: 'db-0',
    destinationPodNamespace: 'data',
  };
  it.each<[string, FlowRecord, string | undefined]>([
    ['nothing that a node has said', bothSaid, undefined],
    [
      'an end that no node has named',
      { sourcePodName: 'client-5d8f-abcde', sourcePodNamespace: 'shop' },
      'destination',
    ],
    [
      'a Service',
      { ...bothSaid, destinationServiceIP: '10.96.0.10', destinationServicePort: 5432 },
      'service',
    ],
  ])('is said in the record: %s', (_what, said, named) => {
    expect(report(cluster(), said).record.namedByAggregator).toBe(named);
  });

  it('is said to be inferred when another Service may be meant', () => {
    const headless = cluster();
    headless.set(madeSlice({ endpoints: [{ podUid: 'uid-db-0', node: 'node-b' }] }));
    expect(report(headless, bothSaid).record.namedByAggregator).toBe('inferred-service');
  });
});

describe('the type of a flow', () => {
  const typeOf = (from: TestCluster, fields: FlowRecord) =>
    report(from, { observationPointId: 4, ...fields }).record.flowType;

  it('follows from the nodes of both ends', () => {
    expect(typeOf(cluster(), {})).toBe(FlowType.interNode);
    expect(typeOf(cluster(), { destinationIP: '192.0.2.1' })).toBe(FlowType.intraNode);
  });

  it('is to or from external at an unknown end', () => {
    expect(typeOf(cluster(), { destinationIP: '198.51.100.9' })).toBe(FlowType.toExternal);
    expect(typeOf(cluster(), { sourceIP: '198.51.100.9' })).toBe(FlowType.fromExternal);
    const { ends } = report(cluster(), { sourceIP: '198.51.100.9' });
    expect(ends).toMatchObject({ received: 2, sent: 1, dropped: { 'no owner': 1 } });
  });

  it('stays unknown at an unknown end as long as not every kind of object has been listed', () => {
    const begun = new TestCluster();
    begun.list('pods', [client]);
    expect(typeOf(begun, { destinationIP: '198.51.100.9' })).toBeUndefined();
  });
});

describe('names that come at another time', () => {
  it('are those of the Pod that had the address when the flow began', () => {
    const renewed = cluster();
    renewed.clock.advance(60_000);
    renewed.delete(client);
    renewed.set(madePod({ name: 'other', addresses: ['10.244.1.5'], networkReadyMs: BEGUN + 70_000 }));
    renewed.clock.advance(60_000);
    const began = { flowStartMilliseconds: BEGUN + 30_000 };
    expect(report(renewed, began).record).toHaveProperty('sourcePodName', 'client-5d8f-abcde');
    expect(report(renewed, {}).record).toHaveProperty('sourcePodName', 'other');
  });

  it('are those at the end of a flow when nobody had its address at its start, and are counted as late', () => {
    const late = cluster();
    late.clock.advance(60_000);
    late.set(madePod({ name: 'late', addresses: ['10.244.1.9'], networkReadyMs: BEGUN + 50_000 }));
    const { record, ends } = report(late, {
      sourceIP: '10.244.1.9',
      flowStartMilliseconds: BEGUN + 20_000,
    });
    expect(record).toHaveProperty('sourcePodName', 'late');
    expect(ends).toMatchObject({ sent: 2, events: { 'owner only at the end': 1 } });
  });

  it('are those at its end when the start of a flow is unknown', () => {
    const { record } = report(cluster(), { flowStartMilliseconds: Number.NaN });
    expect(record).toHaveProperty('sourcePodName', 'client-5d8f-abcde');
  });
});

describe('names that change', () => {
  /** The records of one flow, before and after the change. */
  function reports(from: TestCluster, change: () => void): FlowRecord[] {
    const ledger = new Ledger();
    const enricher = new KubernetesEnricher(from.names, ledger, { uids: true });
    const bed = new TestBed({}, undefined, from.clock, [enricher]);
    const ends = { sourceIP: '10.244.1.5', destinationIP: '10.244.2.7', observationPointId: 3, flowType: 0 };
    return [1_000, 2_000].map((octets) => {
      bed.send(
        bed.connection({
          ...ends,
          flowStartMilliseconds: bed.now - 1_000,
          octetTotalCount: octets,
          flowId: octets,
        }),
      );
      const [record] = bed.pass(1_000);
      change();
      return record!;
    });
  }

  it.each<[string, FlowRecord, (made: TestCluster) => void]>([
    [
      'labels of a Pod',
      { sourcePodLabels: '{"app":"other"}' },
      (made) => made.set(madePod({ ...clientAsMade, labels: { app: 'other' } })),
    ],
    [
      'the zone of a node',
      { sourceZone: 'zone-9' },
      (made) => made.set(madeNode({ labels: { 'topology.kubernetes.io/zone': 'zone-9' } })),
    ],
    [
      'the owner of a ReplicaSet',
      { sourceWorkloadKind: 'Rollout', sourceWorkloadName: 'canary' },
      (made) => made.set(madeController('ReplicaSet', 'client-5d8f', { kind: 'Rollout', name: 'canary' })),
    ],
    [
      'the UID of a node with the same name',
      { sourceNodeUUID: 'uid-renewed' },
      (made) => made.set(madeNode({ uid: 'uid-renewed' })),
    ],
  ])('are in the next record: %s', (_what, after, change) => {
    const made = cluster(true);
    const [first, second] = reports(made, () => change(made));
    expect(first).toMatchObject({
      sourcePodLabels: '{"app":"client"}',
      sourceZone: 'zone-1',
      sourceWorkloadName: 'client',
    });
    expect(first).not.toMatchObject(after);
    expect(second).toMatchObject(after);
  });
});

describe("what a flow's own node says", () => {
  it('stays, and nothing of another Pod is put beside it', () => {
    const { record, ends } = report(cluster(), { sourcePodName: 'other', sourcePodNamespace: 'shop' });
    expect(record).toMatchObject({ sourcePodName: 'other', destinationPodName: 'db-0' });
    expect(record).not.toHaveProperty('sourceWorkloadName');
    expect(record).not.toHaveProperty('sourceNodeName');
    expect(ends.events).toEqual({ 'other name': 1 });
  });

  it('is completed when it is about the same Pod', () => {
    const said = { sourcePodName: 'client-5d8f-abcde', sourcePodNamespace: 'shop', flowType: 3 };
    const { record, ends } = report(cluster(), said);
    expect(record).toMatchObject({ sourceWorkloadName: 'client', flowType: 3 });
    expect(ends.events).toEqual({});
  });
});
