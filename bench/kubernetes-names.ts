import { setTimeout } from 'node:timers/promises';
import {
  ClusterEvents,
  ClusterNames,
  type FollowedKind,
  joinedKinds,
  KubernetesEnricher,
  type KubernetesObject,
} from '../src/kubernetes/index.ts';
import { FlowSeries, type FlowSeriesParts } from '../src/metrics/index.ts';
import { Ledger, Log, systemClock } from '../src/runtime/index.ts';
import { threadTimeMs } from '../test/support/thread-time.ts';
import { batches, RECORDS, START, Traffic, timeByTurns, type Way } from './aggregation.ts';
import { agentMessages } from './ipfix/agent-messages.ts';
import { onMainThread } from './main-thread.ts';
import { type BenchRow, measureTogether, measureWork, rateRow, ratioOf } from './measure.ts';

const PODS = 100_000;
const LOOKUPS = 2_000_000;
/** The traffic has so many Pods at each end, and those of the lookups are all. */
const PODS_AN_END = 4_000;

export const title = `names of Kubernetes: ${PODS.toLocaleString('en')} Pods`;

export async function run(): Promise<BenchRow[]> {
  // first, so that nothing of the other measurements goes meanwhile
  const memory = measureMemory(new FollowedCluster());
  const memoryWithEvents = measureMemory(new FollowedCluster({ withEvents: true }));
  const { names, longestTurnMs } = await measureCluster();
  const lookedUp = addressesInDisorder();
  const lookups = await measureWork(() => findOwners(names, lookedUp), { runs: 9, warmup: 2 });
  const traffic = new Traffic();
  const ledger = new Ledger();
  const enricher = new KubernetesEnricher(names, ledger);
  const enrichers = [enricher];
  const makeTally = (parts: FlowSeriesParts) => new FlowSeries({ groupings: ['workload'] }, parts);
  const whole = await compareByTurns(traffic, {
    named: { intake: agentMessages(), enrichers, makeTally },
    plain: { intake: agentMessages(), makeTally },
  });
  const joining = await compareByTurns(traffic, {
    named: { intake: batches, enrichers },
    plain: { intake: batches },
  });
  const [ends] = ledger.toJSON();
  if (ends!.sent === 0 || ends!.sent < ends!.received || Object.keys(ends!.events).length > 0)
    throw new Error(JSON.stringify(ends));
  return [
    {
      name: 'memory of a Pod, all in',
      median: memory,
      unit: 'octets/Pod',
      target: { atMost: 1_024 },
    },
    {
      name: 'the same where its events are reported',
      median: memoryWithEvents,
      unit: 'octets/Pod',
      target: { atMost: 1_024 },
    },
    {
      name: 'longest turn of a full list',
      median: longestTurnMs,
      unit: 'CPU-ms',
      target: { atMost: 50 },
    },
    {
      name: 'the same where events are reported',
      median: await longestTurnWithEvents(),
      unit: 'CPU-ms',
      target: { atMost: 50 },
    },
    {
      name: 'look-up by address and time',
      median: (lookups.medianMs * 1_000) / LOOKUPS,
      spread: lookups.spread,
      unit: 'µs',
      target: { atMost: 0.3 },
    },
    rateRow(
      'an aggregator that names: octets to records and metrics',
      'records/CPU-s',
      RECORDS,
      whole.named,
      {
        ...ratioOf(whole.named, whole.plain),
        against: 'the same without names, batch by batch by turns',
        target: { of: 'ratio', atLeast: 0.9 },
      },
    ),
    rateRow('the same without decoding and metrics', 'records/CPU-s', RECORDS, joining.named, {
      ...ratioOf(joining.named, joining.plain),
      against: 'the same without names',
    }),
  ];
}

/**
 * Both aggregators get each batch by turns. Whole runs last seconds, in which the speed of a shared machine
 * changes by more than names cost. Collections of garbage meet the Pods in both, so they do not count here.
 */
const compareByTurns = (traffic: Traffic, ways: Record<'named' | 'plain', Way>) =>
  measureTogether(() => timeByTurns(traffic, ways), { runs: 11, warmup: 2 });

/** All Pods are known, and then a full list shows them again. */
export async function measureCluster() {
  const cluster = new FollowedCluster();
  await listPods(cluster);
  const longestTurnMs = await listPods(cluster);
  return { names: cluster.names, longestTurnMs };
}

async function longestTurnWithEvents(): Promise<number> {
  const cluster = new FollowedCluster({ withEvents: true });
  await listPods(cluster);
  return listPods(cluster);
}

/** The Pods with the names of each as ids, as if records had named all of them. */
function measureMemory({ names, pods }: FollowedCluster): number {
  const before = memoryOctets();
  const { reflected, handler } = pods;
  for (let i = 0; i < PODS; i++) handler.upsert(reflected.slim(podAt(i)));
  nameAll(names);
  const octets = memoryOctets() - before;
  if (names.pods.size !== PODS) throw new Error(`${names.pods.size} Pods`);
  return octets / PODS;
}

/** The dictionary is the aggregator's, which has its own bound. */
function nameAll({ owners, rows }: ClusterNames): void {
  const filler = { fill() {}, fillName() {}, fillGroup() {}, idOf: () => 1 };
  const words = new Uint32Array([0, 0, 0xffff, 0]);
  rows.use(1, 9);
  for (let i = 0; i < PODS; i++) {
    words[3] = addressOf(i);
    rows.find(owners.findEntry(words, 0, 0, START), filler);
  }
}

/** A cluster with who follows its Pods. */
class FollowedCluster {
  readonly names = new ClusterNames(systemClock);
  readonly pods: FollowedKind;

  constructor({ withEvents = false } = {}) {
    const { names } = this;
    const followed = withEvents ? joinedKinds(names.followed, eventsOf(names).followed) : names.followed;
    this.pods = followed.find(({ reflected }) => reflected.kind.plural === 'pods')!;
  }
}

const eventsOf = (names: ClusterNames): ClusterEvents =>
  new ClusterEvents({
    names,
    clock: systemClock,
    ledger: new Ledger(),
    log: new Log(systemClock, () => {}),
    emit: () => {},
    maxObjectOctets: 2 ** 29,
    seenMs: () => undefined,
  });

/**
 * Hands over a full list. The garbage of its making is collected before, as it comes in pages over seconds.
 * @returns the longest turn of the event loop until all of it is in, in milliseconds of processor time
 */
async function listPods({ names, pods: followed }: FollowedCluster): Promise<number> {
  const { reflected, handler } = followed;
  const countLists = () => names.held.find(({ kind }) => kind === 'pods')!.lists;
  const before = countLists();
  const pods = Array.from({ length: PODS }, (_, i) => reflected.slim(podAt(i)));
  globalThis.gc?.();
  const { longestBlockMs } = await onMainThread(async () => {
    handler.replace(pods);
    while (countLists() === before) await setTimeout(1);
  });
  if (names.pods.size !== PODS) throw new Error(`${names.pods.size} Pods`);
  return longestBlockMs;
}

/** @returns the milliseconds of processor time, which other processes do not lengthen */
function findOwners({ owners }: ClusterNames, lookedUp: Uint32Array): number {
  const words = new Uint32Array([0, 0, 0xffff, 0]);
  let found = 0;
  const startedMs = threadTimeMs();
  for (let i = 0; i < LOOKUPS; i++) {
    words[3] = lookedUp[i]!;
    if (owners.findEntry(words, 0, 0, START + 2_000) !== 0) found++;
  }
  const usedMs = threadTimeMs() - startedMs;
  if (found !== LOOKUPS) throw new Error(`${LOOKUPS - found} look-ups found nobody`);
  return usedMs;
}

/** Last words of addresses, in an order that no cache foresees. */
function addressesInDisorder(): Uint32Array {
  const addresses = new Uint32Array(LOOKUPS);
  for (let i = 0, at = 1; i < LOOKUPS; i++, at = (at * 48_271) % 0x7fff_ffff)
    addresses[i] = addressOf(at % PODS);
  return addresses;
}

/** The first Pods are the sources of the traffic, then come its destinations. */
function addressOf(pod: number): number {
  if (pod < PODS_AN_END) return 0x0a0a_0000 + pod;
  return pod < 2 * PODS_AN_END ? 0x0a14_0000 + pod - PODS_AN_END : 0x0b00_0000 + pod;
}

/** A Pod as in the API server's answer, parsed from text so that it shares nothing. */
function podAt(i: number): KubernetesObject {
  const own = i < 2 * PODS_AN_END ? i % PODS_AN_END : i;
  const address = addressOf(i);
  const ip = [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');
  const time = new Date(START - 60_000).toISOString();
  const workload = `workload-${own % 400}-6d4cf56db6`;
  const labels = { 'app.kubernetes.io/name': `workload-${own % 400}`, 'pod-template-hash': '6d4cf56db6' };
  return JSON.parse(
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: `${workload}-${own}`,
        namespace: `namespace-${own % 40}`,
        uid: `${i.toString(16).padStart(8, '0')}-1111-4222-8333-444444444444`,
        creationTimestamp: time,
        labels,
        ownerReferences: [{ kind: 'ReplicaSet', name: workload, uid: `set-${own % 400}`, controller: true }],
      },
      spec: { nodeName: `node-${own % 50}`, containers: [{ name: 'main', image: 'example.org/main:1' }] },
      status: {
        phase: 'Running',
        podIP: ip,
        podIPs: [{ ip }],
        startTime: time,
        conditions: [
          { type: 'PodReadyToStartContainers', status: 'True', lastTransitionTime: time },
          { type: 'Ready', status: 'True', lastTransitionTime: time },
        ],
        containerStatuses: [{ name: 'main', state: { running: { startedAt: time } } }],
      },
    }),
  );
}

function memoryOctets(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
