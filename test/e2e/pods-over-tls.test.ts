import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { agentFile } from '../support/agent-file.ts';
import { type Kubernetes, startKubernetes } from '../support/kubernetes.ts';
import { accounts, applyRights, readManifest, startWeirInPod } from '../support/pod.ts';
import type { Program } from '../support/program.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { type TwoNodes, twoNodes } from '../support/topology.ts';
import { exchangeTcp, startTcpServer } from '../support/traffic.ts';
import { until } from '../support/until.ts';
import { stopWeir } from '../support/weir.ts';

/*
 * An aggregator and an agent with the ServiceAccounts and the rights of the manifests, in front of a real API
 * server. Neither file says anything of certificates. The agent's has no address of the aggregator.
 */

const { namespace } = accounts.aggregator;
requires(
  'kubernetes',
  'openssl',
  'namespaces',
  'nft',
)('agents and aggregator in Pods', () => {
  const directory = new TemporaryDirectory();
  const flows = directory.file('flows.jsonl');
  let nodes: TwoNodes;
  let kubernetes: Kubernetes;
  const programs: Program[] = [];

  beforeAll(async () => {
    nodes = await twoNodes();
    const host = nodes.aggregatorAddress.v4;
    kubernetes = await startKubernetes({ namespace: nodes.aggregator, host });
    await applyRights(kubernetes);
    await kubernetes.admin.apply(readManifest('aggregator-service'));
  });

  afterAll(async () => {
    for (const program of programs) await program.stop('SIGKILL');
    await kubernetes?.stop();
    await nodes?.close();
    directory[Symbol.dispose]();
  });

  async function start(command: 'agent' | 'aggregator', text: string): Promise<Program> {
    const file = directory.file(`${command}.yaml`);
    writeFileSync(file, text);
    const host = command === 'agent' ? nodes.a.node : nodes.aggregator;
    const words = [command, '--config', file];
    const program = await startWeirInPod(host, kubernetes, accounts[command], words);
    programs.push(program);
    return program;
  }

  /** As the endpoint controller does once the Pod is ready. */
  const publishEndpoint = () =>
    kubernetes.admin.apply({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: 'flow-aggregator-1',
        namespace,
        labels: { 'kubernetes.io/service-name': 'flow-aggregator' },
      },
      addressType: 'IPv4',
      endpoints: [{ addresses: [nodes.aggregatorAddress.v4], conditions: { ready: true } }],
      ports: [{ name: portName(), port: 4739, protocol: 'TCP' }],
    });

  it('exchange records over TLS without a key in a file, and change sinks and timeouts while they run', async () => {
    const { flowExporter, weir } = agentFile(nodes, 'a') as { flowExporter: object; weir: object };
    const { flowCollectorAddr: _, ...timing } = flowExporter as { flowCollectorAddr: string };
    // The agent comes first: it waits for its certificate, and for the Service to have an endpoint.
    const agent = await start('agent', JSON.stringify({ flowExporter: timing, weir }));
    await agent.says(/there is no (ca|tls)\.crt of (ConfigMap|Secret) flow-aggregator/);
    const file = { activeFlowRecordTimeout: '1s', weir: { sinks: [{ jsonLines: { path: flows } }] } };
    const aggregator = await start('aggregator', JSON.stringify(file));
    await aggregator.says(/makes an authority: there is none/);
    await aggregator.says(/weir: ready/);
    await publishEndpoint();
    await aggregator.says(/session with \S+ \(weir-agent\) over TLSv1\.3/);
    await startTcpServer(nodes.b.client, { port: 8080 });
    const exchange = () =>
      exchangeTcp(nodes.a.client, { host: nodes.b.clientAddress.v4, port: 8080, octets: 1_000 });
    await exchange();
    await until('a flow', () => existsSync(flows) && readFileSync(flows, 'utf8').includes('10.10.2.2'));

    const others = directory.file('others.jsonl');
    writeFileSync(
      directory.file('aggregator.yaml'),
      JSON.stringify({
        activeFlowRecordTimeout: '2s',
        weir: { logLevel: 'debug', sinks: [{ jsonLines: { path: others } }] },
      }),
    );
    writeFileSync(
      directory.file('agent.yaml'),
      JSON.stringify({ flowExporter: { ...timing, activeFlowExportTimeout: '3s' }, weir }),
    );
    await aggregator.says(/applies activeFlowRecordTimeout, (weir\.logLevel|weir\.sinks), /);
    await agent.says(/reads \S+ again, and applies flowExporter\.activeFlowExportTimeout$/m);
    await exchange();
    await until('a flow in the other file', () => readFileSync(others, 'utf8').includes('10.10.2.2'));

    const ledgers = [...(await stopWeir(agent)), ...(await stopWeir(aggregator))];
    programs.length = 0;
    expect(ledgers.filter(({ closes }) => !closes)).toEqual([]);
  });

  it('go on without the objects of their certificates, and begin anew with those that come empty', async () => {
    const { flowExporter, weir } = agentFile(nodes, 'a') as { flowExporter: object; weir: object };
    const { flowCollectorAddr: _, ...timing } = flowExporter as { flowCollectorAddr: string };
    const path = directory.file('later.jsonl');
    const file = { activeFlowRecordTimeout: '1s', weir: { sinks: [{ jsonLines: { path } }] } };
    await publishEndpoint();
    await startTcpServer(nodes.b.client, { port: 8081 });
    const exchange = async () => {
      const recordsBefore = existsSync(path) ? readFileSync(path, 'utf8').length : 0;
      await exchangeTcp(nodes.a.client, { host: nodes.b.clientAddress.v4, port: 8081, octets: 1_000 });
      await until('its flow', () => existsSync(path) && readFileSync(path, 'utf8').length > recordsBefore);
    };
    const startAggregator = async () => {
      const program = await start('aggregator', JSON.stringify(file));
      await program.says(/weir: ready/);
      return program;
    };
    let aggregator = await startAggregator();
    const agent = await start('agent', JSON.stringify({ flowExporter: timing, weir }));
    await aggregator.says(/session with \S+ \(weir-agent\)/);
    const objects = ['aggregator-authority-secret', 'aggregator-client-secret', 'aggregator-authorities'];

    // As `kubectl delete` and `helm uninstall` do, and then `kubectl apply` and `helm upgrade`.
    for (const name of objects) await kubernetes.admin.delete(readManifest(name));
    await aggregator.says(/may not create it: apply the manifests again/);
    await exchange();
    for (const name of objects) await kubernetes.admin.apply(readManifest(name));
    await aggregator.says(/makes an authority: there is none/);
    await until('certificates of the new authority', () => countOf(agent, /has certificates/g) === 2);
    await exchange();
    aggregator = await restart(aggregator, startAggregator);
    await exchange();

    // As `helm upgrade --force` does.
    for (const name of objects) {
      const empty = readManifest(name);
      await kubernetes.admin.ask('PUT', await kubernetes.admin.pathOf(empty), empty);
    }
    await aggregator.says(/makes an authority: there is none/);
    await until('certificates of the next authority', () => countOf(agent, /has certificates/g) === 3);
    await exchange();
    aggregator = await restart(aggregator, startAggregator);
    await exchange();
    for (const program of [agent, aggregator]) await stopWeir(program);
    programs.length = 0;
  });
});

const countOf = ({ stdout, stderr }: Program, pattern: RegExp): number =>
  [...`${stdout}${stderr}`.matchAll(pattern)].length;

/** The next one trusts no earlier authority: the agent connects with what it has learned. */
async function restart(aggregator: Program, startAggregator: () => Promise<Program>): Promise<Program> {
  await stopWeir(aggregator);
  const next = await startAggregator();
  await next.says(/session with \S+ \(weir-agent\)/);
  return next;
}

const portName = (): string => {
  const { ports } = readManifest('aggregator-service').spec as { ports: { name: string; port: number }[] };
  return ports.find(({ port }) => port === 4739)!.name;
};
