import { writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { insertConnections, numberedConnection } from '../test/support/conntrack-fixture.ts';
import { type Kubernetes, startKubernetes } from '../test/support/kubernetes.ts';
import { createNamespace } from '../test/support/namespace.ts';
import type { Need } from '../test/support/needs.ts';
import { accounts, applyRights, podCommand, podEnvironment, writeAccount } from '../test/support/pod.ts';
import { TemporaryDirectory } from '../test/support/temporary-directory.ts';
import { stopWeir } from '../test/support/weir.ts';
import { builtLauncher } from './agent/built-package.ts';
import { memoryOf, type ProcessMemory } from './agent/process-memory.ts';
import { podJson } from './kubernetes/pod.ts';
import { headlessSliceJson, serviceJson } from './kubernetes/service.ts';
import { type BenchRow, summaryOf } from './measure.ts';

const NODE = 'node-1';
const PODS = 250;
const SERVICES = 20_000;
/** Of headless Services. */
const SLICES = 2_000;
/** Of the made objects. */
const NAMESPACES = 50;
/** Twenty of each Pod. */
const CONNECTIONS = 5_000;
/** Requests under way that make objects. */
const AT_ONCE = 50;
/** The garbage of the lists has gone by then, or stays. */
const SETTLED_MS = 20_000;
const WATCHED_MS = 120_000;

export const title = `agent process at a real API server: ${PODS} Pods on its node, ${SERVICES.toLocaleString('en')} Services`;
export const needs: readonly Need[] = ['namespaces', 'mount', 'kubernetes', 'openssl'];

/**
 * The built package as it runs in a Pod, with the rights of its ServiceAccount. For two minutes
 * it follows a large cluster at a real API server, and reports the connections of its node.
 */
export async function run(): Promise<BenchRow[]> {
  await using namespace = await createNamespace('bench');
  using directory = new TemporaryDirectory();
  const launcher = builtLauncher(directory);
  await using kubernetes = await startKubernetes({
    namespace,
    serviceRanges: ['10.96.0.0/12'],
    // No kubelet gives these Pods an account.
    options: ['--disable-admission-plugins=ServiceAccount'],
  });
  await applyRights(kubernetes);
  await fillCluster(kubernetes);
  const connections = Array.from({ length: CONNECTIONS }, (_, i) => numberedConnection(i, 4));
  namespace.enter(() => insertConnections(connections));
  const account = await writeAccount(kubernetes, accounts.agent);
  const command = [...podCommand(account), launcher, 'agent', '--config', configurationIn(directory)];
  await using agent = namespace.start(command, { environment: podEnvironment(kubernetes) });
  await agent.says(/weir: ready/);
  for (const [kind, objects] of Object.entries({
    pods: PODS,
    services: SERVICES + 1, // the API server's own
    endpointslices: SLICES,
  }))
    await agent.says(new RegExp(`kubernetes ${kind}: knows ${objects} objects`));
  await setTimeout(SETTLED_MS);
  const readings: ProcessMemory[] = [];
  for (const endMs = Date.now() + WATCHED_MS; Date.now() < endMs; await setTimeout(1_000))
    readings.push(memoryOf(agent));
  await stopWeir(agent);
  const rowOf = (name: string, read: (memory: ProcessMemory) => number): BenchRow => {
    return { name, ...summaryOf(readings.map(read)), unit: 'MB' };
  };
  const target = { atMost: 150 };
  return [
    { ...rowOf('resident, over two minutes', ({ resident }) => resident), target },
    rowOf('of that, anonymous', ({ anonymous }) => anonymous),
    rowOf('proportional share', ({ proportional }) => proportional),
    {
      name: 'resident, greatest of these two minutes',
      median: Math.max(...readings.map(({ resident }) => resident)),
      unit: 'MB',
      target,
    },
    { name: 'resident, greatest since its start', median: readings.at(-1)!.greatest, unit: 'MB' },
  ];
}

/** @returns the path of the file */
function configurationIn(directory: TemporaryDirectory): string {
  const path = directory.file('agent.yaml');
  const configuration = {
    flowExporter: { flowCollectorAddr: '127.0.0.1:4739:tcp', flowPollInterval: '1s' },
    weir: { nodeName: NODE, track: true, nodeNetworks: ['10.0.0.0/8'] },
  };
  writeFileSync(path, JSON.stringify(configuration)); // JSON is YAML
  return path;
}

async function fillCluster({ admin }: Kubernetes): Promise<void> {
  const makeNamespace = (i: number) =>
    admin.ask('POST', '/api/v1/namespaces', { metadata: { name: `shop-${i}` } });
  await forEach(NAMESPACES, makeNamespace);
  await forEach(SERVICES, (i) => {
    const { metadata, ...service } = newObject(serviceJson(i));
    // The API server chooses the address.
    const { clusterIP: _, clusterIPs: __, ...spec } = service.spec as Record<string, unknown>;
    return admin.ask('POST', `/api/v1/namespaces/${metadata.namespace}/services`, { metadata, spec });
  });
  await forEach(SLICES, (i) => {
    const slice = newObject(headlessSliceJson(i));
    const path = `/apis/discovery.k8s.io/v1/namespaces/${slice.metadata.namespace}/endpointslices`;
    return admin.ask('POST', path, slice);
  });
  await forEach(PODS, async (i) => {
    const { metadata, spec, status } = newObject(podJson(i));
    const path = `/api/v1/namespaces/${metadata.namespace}/pods`;
    await admin.ask('POST', path, { metadata, spec: { ...(spec as object), nodeName: NODE } });
    const patch = 'application/merge-patch+json';
    await admin.ask('PATCH', `${path}/${metadata.name}/status`, { status }, patch);
  });
}

interface NewObject {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly [part: string]: unknown;
}

/** Without what the API server gives each object. */
function newObject(json: string): NewObject {
  const { metadata, ...rest } = JSON.parse(json);
  for (const name of ['uid', 'resourceVersion', 'creationTimestamp', 'managedFields']) delete metadata[name];
  return { ...rest, metadata };
}

/** Some of them at once. */
async function forEach(count: number, make: (i: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const makeNext = async () => {
    for (let i = next++; i < count; i = next++) await make(i);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, makeNext));
}
