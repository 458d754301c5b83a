import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { insertConnections, numberedConnection } from '../test/support/conntrack-fixture.ts';
import { createNamespace } from '../test/support/namespace.ts';
import type { Need } from '../test/support/needs.ts';
import type { Program } from '../test/support/program.ts';
import { TemporaryDirectory } from '../test/support/temporary-directory.ts';
import { stopWeir } from '../test/support/weir.ts';
import type { BenchRow } from './measure.ts';

const PODS = 250;
const SERVICES = 20_000;
/** Of headless Services. */
const SLICES = 2_000;
/** Twenty of each Pod. */
const CONNECTIONS = 5_000;
const PORT = 6_443;
/** The garbage of the lists has gone by then, or stays. */
const SETTLED_MS = 20_000;

export const title = `agent process: ${PODS} Pods on its node, ${SERVICES.toLocaleString('en')} Services`;
export const needs: readonly Need[] = ['namespaces'];

/** With the options of Node and of the C library that users get. */
const launcher = fileURLToPath(new URL('../bin/weir', import.meta.url));

/**
 * The program as users run it, by its launcher: its modules come from the compile cache, stripped of types,
 * as in a built package. It follows the API of a cluster, and reports connections of its node.
 */
export async function run(): Promise<BenchRow[]> {
  await using namespace = await createNamespace('bench');
  using directory = new TemporaryDirectory();
  const configuration = configurationIn(directory);
  const startAgent = async () => {
    const environment = { NODE_COMPILE_CACHE: directory.path };
    const agent = namespace.start([launcher, 'agent', '--config', configuration], { environment });
    await agent.says(/weir: ready/);
    return agent;
  };
  {
    await using first = await startAgent();
    await stopWeir(first);
  }
  await using without = await startAgent();
  await setTimeout(SETTLED_MS / 4);
  const empty = residentMegabytes(without, 'VmRSS');
  await stopWeir(without);

  const counts = [PORT, PODS, SERVICES, SLICES].map(String);
  const serverFile = new URL('kubernetes/cluster-server.ts', import.meta.url);
  await using server = namespace.startModule(serverFile, counts);
  await server.says(/serves/);
  namespace.enter(() => insertConnections(numberedConnections()));
  await using agent = await startAgent();
  for (const [kind, objects] of Object.entries({ pods: PODS, services: SERVICES, endpointslices: SLICES }))
    await agent.says(new RegExp(`kubernetes ${kind}: knows ${objects} objects`));
  await setTimeout(SETTLED_MS);
  const [settled, greatest] = [residentMegabytes(agent, 'VmRSS'), residentMegabytes(agent, 'VmHWM')];
  await stopWeir(agent);
  return [
    { name: 'resident, no API server', median: empty, unit: 'MB' },
    { name: 'resident, all lists known', median: settled, unit: 'MB', target: { atMost: 150 } },
    { name: 'resident, greatest', median: greatest, unit: 'MB', target: { atMost: 150 } },
  ];
}

/** @returns the path of the file */
function configurationIn(directory: TemporaryDirectory): string {
  const [path, kubeconfigPath] = [directory.file('agent.yaml'), directory.file('kubeconfig')];
  writeFileSync(kubeconfigPath, kubeconfig);
  const configuration = {
    flowExporter: { flowCollectorAddr: '127.0.0.1:4739:tcp', flowPollInterval: '1s' },
    weir: {
      nodeName: 'node-1',
      track: true,
      nodeNetworks: ['10.0.0.0/8'],
      kubernetes: { kubeconfig: kubeconfigPath },
    },
  };
  writeFileSync(path, JSON.stringify(configuration)); // JSON is YAML
  return path;
}

const kubeconfig = JSON.stringify({
  'current-context': 'bench',
  clusters: [
    { name: 'bench', cluster: { server: `http://127.0.0.1:${PORT}`, 'insecure-skip-tls-verify': true } },
  ],
  users: [{ name: 'bench', user: { token: 'x' } }],
  contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'bench' } }],
});

function* numberedConnections() {
  for (let index = 0; index < CONNECTIONS; index++) yield numberedConnection(index, 4);
}

/** As the kernel counts it: now, or at its greatest. */
function residentMegabytes({ pid }: Program, which: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return (Number(new RegExp(`${which}:\\s+(\\d+) kB`).exec(status)![1]) * 1_024) / 1e6;
}
