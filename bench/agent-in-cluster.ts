import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import {
  deleteConnections,
  insertConnections,
  numberedConnection,
} from '../test/support/conntrack-fixture.ts';
import { loopbackCertificate } from '../test/support/loopback-certificate.ts';
import { createNamespace } from '../test/support/namespace.ts';
import type { Need } from '../test/support/needs.ts';
import { podCommand } from '../test/support/pod.ts';
import { TemporaryDirectory } from '../test/support/temporary-directory.ts';
import { stopWeir } from '../test/support/weir.ts';
import { builtLauncher } from './agent/built-package.ts';
import { memoryOf } from './agent/process-memory.ts';
import type { BenchRow } from './measure.ts';

const PODS = 250;
const SERVICES = 20_000;
/** Of headless Services. */
const SLICES = 2_000;
/** Twenty of each Pod. */
const CONNECTIONS = 5_000;
/** Of a busy node. */
const MANY_CONNECTIONS = 100_000;
const PORT = 6_443;
/** The garbage of the lists has gone by then, or stays. */
const SETTLED_MS = 20_000;

export const title = `agent process: ${PODS} Pods on its node, ${SERVICES.toLocaleString('en')} Services`;
export const needs: readonly Need[] = ['namespaces', 'mount'];

/**
 * The built package as it runs in a Pod. It follows the API of a cluster, and reports connections of its
 * node.
 */
export async function run(): Promise<BenchRow[]> {
  await using namespace = await createNamespace('bench');
  using directory = new TemporaryDirectory();
  const launcher = builtLauncher(directory);
  const [configuration, account] = [configurationIn(directory), accountIn(directory)];
  const environment = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: `${PORT}` };
  const startAgent = async () => {
    const command = [...podCommand(account), launcher, 'agent', '--config', configuration];
    const agent = namespace.start(command, { environment });
    await agent.says(/weir: ready/);
    return agent;
  };
  await using without = await startAgent();
  await setTimeout(SETTLED_MS / 4);
  const empty = memoryOf(without);
  const many = [...numberedConnections(MANY_CONNECTIONS)];
  namespace.enter(() => insertConnections(many));
  await setTimeout(SETTLED_MS);
  const full = memoryOf(without);
  await stopWeir(without);
  namespace.enter(() => deleteConnections(many.slice(CONNECTIONS)));

  const counts = [PORT, PODS, SERVICES, SLICES].map(String);
  const serverFile = new URL('kubernetes/cluster-server.ts', import.meta.url);
  await using server = namespace.startModule(serverFile, counts);
  await server.says(/serves/);
  await using agent = await startAgent();
  for (const [kind, objects] of Object.entries({ pods: PODS, services: SERVICES, endpointslices: SLICES }))
    await agent.says(new RegExp(`kubernetes ${kind}: knows ${objects} objects`));
  await setTimeout(SETTLED_MS);
  const settled = memoryOf(agent);
  await stopWeir(agent);
  return [
    { name: 'resident, no API server', median: empty.resident, unit: 'MB' },
    { name: 'anonymous, no API server', median: empty.anonymous, unit: 'MB' },
    { name: 'resident, no API server, 100,000 connections, greatest', median: full.greatest, unit: 'MB' },
    { name: 'resident, all lists known', median: settled.resident, unit: 'MB', target: { atMost: 150 } },
    { name: 'anonymous, all lists known', median: settled.anonymous, unit: 'MB' },
    { name: 'resident, greatest', median: settled.greatest, unit: 'MB', target: { atMost: 150 } },
  ];
}

/** @returns the path of the file */
function configurationIn(directory: TemporaryDirectory): string {
  const path = directory.file('agent.yaml');
  const configuration = {
    flowExporter: { flowCollectorAddr: '127.0.0.1:4739:tcp', flowPollInterval: '1s' },
    weir: { nodeName: 'node-1', track: true, nodeNetworks: ['10.0.0.0/8'] },
  };
  writeFileSync(path, JSON.stringify(configuration)); // JSON is YAML
  return path;
}

/** @returns the folder with the files of a ServiceAccount */
function accountIn(directory: TemporaryDirectory): string {
  const folder = directory.file('account');
  mkdirSync(folder);
  const files = { token: 'x', namespace: 'weir-agent', 'ca.crt': loopbackCertificate };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

function* numberedConnections(count: number) {
  for (let index = 0; index < count; index++) yield numberedConnection(index, 4);
}
