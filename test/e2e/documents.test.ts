import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import {
  configFiles,
  expectNamedPaths,
  formatNote,
  guessKind,
  loadAgentSettings,
  loadAggregatorSettings,
} from '../../src/cli/config/index.ts';
import type { Section } from '../../src/runtime/index.ts';
import { type Block, TakenBlocks } from '../support/document-blocks.ts';
import { type GuidedHost, guidedHost, interrupt } from '../support/guided-host.ts';
import { loopbackCertificate } from '../support/loopback-certificate.ts';
import { connect } from '../support/namespace.ts';
import type { Program } from '../support/program.ts';
import { requires } from '../support/requires.ts';
import { exchangeTcp, startTcpServer } from '../support/traffic.ts';
import { until } from '../support/until.ts';

const blocks = new TakenBlocks();
const page = (name: string) => `docs/how-to/${name}.md`;
const hosts = page('agents-and-aggregator');
const denied = page('denied-connections');
const firstSteps = page('first-steps');

/** The blocks that run below. */
const first = {
  start: blocks.take(firstSteps, 'npm ci && npm start'),
  flows: blocks.take(firstSteps, '$ npx weir flows --last 5'),
  metrics: blocks.take(firstSteps, '$ curl'),
  collector: blocks.take(firstSteps, 'aggregatorTransportProtocol'),
  aggregator: blocks.take(firstSteps, 'npx weir aggregator'),
  watched: blocks.take(firstSteps, 'flowExporter'),
  agent: blocks.take(firstSteps, 'sudo npx weir agent'),
};
const keptHosts = {
  collector: blocks.take(hosts, '# aggregator.yaml'),
  aggregator: blocks.take(hosts, 'sudo install'),
  watched: blocks.take(hosts, '# agent.yaml'),
  agent: blocks.take(hosts, 'sudo weir agent'),
  look: blocks.take(hosts, 'weir flows --follow'),
  ledger: blocks.take(hosts, 'curl'),
};
const firewall = {
  load: blocks.take(denied, 'sudo nft -f'),
  groups: blocks.take(denied, 'weir:'),
  rules: [blocks.take(denied, 'tcp dport 23'), blocks.take(denied, 'log group')],
  iptables: [blocks.take(denied, 'for tables'), blocks.take(denied, 'iptables')],
};
const access = {
  configurations: blocks.takeAll(page('access'), '# aggregator.yaml'),
  socket: blocks.take(page('access'), 'weir flows'),
  token: blocks.take(page('access'), 'install'),
};
const dashboards = {
  defined: blocks.takeAll(page('dashboards'), '# aggregator.yaml').at(-1)!,
  render: blocks.take(page('dashboards'), 'npm run dashboards'),
};
const pace = blocks.take(page('alerts'), 'npm run -s alerts');
const configurations = blocks.takeLanguage('yaml');

/** The blocks that do not run here. A new block is listed here or runs. */
const notRun: Record<string, readonly (readonly [page: string, beginning: string])[]> = {
  'shows what a program prints, or draws': [
    ['README.md', ' kernel conntrack'],
    [firstSteps, 'weir  gate'],
    [firstSteps, '          '],
    [page('loki'), '10.244.1.7'],
    [page('victorialogs'), '10.244.1.7'],
    [page('kubernetes-events'), 'message='],
    [page('history'), 'directory      /var/lib'],
    ['examples/observability/README.md', '        client a'],
    [denied, 'ACTION'],
    [page('collectors'), '{"@timestamp"'],
    [page('replay'), '{"file"'],
  ],
  'needs VictoriaLogs: test/interop/victorialogs-*.test.ts ask a real one': [
    [firstSteps, 'sudo npx weir up --logs'],
    [firstSteps, '$ npx weir flows --from victorialogs'],
    [page('victorialogs'), 'sudo ./victoria-logs-prod'],
    [page('victorialogs'), 'sudo npx weir up --logs'],
    [page('victorialogs'), 'npx weir flows'],
    [page('loki-process-logs'), 'VL-Msg-Field'],
  ],
  'needs a browser; test/e2e/console-safety.test.ts opens the console, also behind proxies': [
    [page('console'), '$ sudo npx weir up'],
    [page('console'), 'ssh -L'],
    [page('console'), 'info   console'],
    [page('console'), 'kubectl -n flow-aggregator port-forward'],
  ],
  'is about flows of days; test/e2e/history.test.ts, test/cli/history.test.ts and events.test.ts run these commands':
    [
      [page('history'), 'npx weir flows --since 3d'],
      [page('history'), 'sudo npx weir history prune'],
      [page('events'), 'weir events --since 3d'],
    ],
  'is SQL for any program that reads Parquet; test/store/history.test.ts reads each such column': [
    [page('history'), 'SELECT xor('],
  ],
  'is started by an assistant: test/cli/mcp*.test.ts ask it by a client of the protocol': [
    [page('assistants'), 'weir mcp'],
    [page('assistants'), '{ "mcpServers"'],
  ],
  'needs a Loki, which tests do not fetch': [
    [page('loki'), 'sudo npx weir up --logs'],
    [page('loki'), 'npx weir flows'],
    [page('alerts'), 'sudo mkdir -p /etc/loki'],
    [page('dashboards'), "# in Loki's configuration"],
  ],
  'needs Grafana, which tests do not fetch': [
    [page('dashboards'), 'sudo cp grafana-dashboards/provisioning/datasources/prometheus'],
    [page('dashboards'), 'sudo cp grafana-dashboards/provisioning/datasources/victorialogs'],
    [page('dashboards'), 'sudo cp grafana-dashboards/provisioning/datasources/loki'],
    [page('dashboards'), 'sudo systemctl restart grafana-server'],
    ['examples/observability/README.md', 'sudo grafana cli'],
  ],
  'needs a Prometheus, an Alertmanager, vmalert or a Collector: test/alerts, test/interop and test/e2e/metrics.test.ts start them':
    [
      [firstSteps, 'scrape_configs'],
      [page('prometheus'), '# prometheus.yml'],
      [page('prometheus'), 'weir_metrics_series'],
      [page('otlp'), '# otelcol.yaml'],
      [page('alerts'), 'rule_files'],
      [page('alerts'), 'groups'],
      [page('alerts'), 'amtool'],
      [page('alerts'), 'time_intervals'],
      [page('alerts'), 'route'],
      [page('events'), '# in alertmanager.yml'],
      [page('alerts'), 'vmalert-prod'],
      ['examples/observability/README.md', 'npm run -s incident-picture'],
    ],
  'needs the Prometheus operator in a cluster': [[page('prometheus'), '# pod-monitors.yaml']],
  'needs firewalld, which takes over the host': [[denied, 'LogDenied']],
  'changes the host: adds a user, installs; test/e2e/packages.test.ts installs each package': [
    [hosts, 'useradd'],
    [hosts, 'sudo weir config check /etc/weir/agent.yaml'],
    ['README.md', 'sudo apt install'],
  ],
  'takes minutes; test/e2e/observability-example.test.ts runs it': [
    ['examples/observability/README.md', 'sudo npm run example'],
  ],
  'is for several hosts; test/cli/certs.test.ts and test/certificates run these commands': [
    [page('certificates'), 'sudo weir certs'],
  ],
  'is for two secured hosts: test/e2e/secured-hosts.test.ts runs it': [
    ['README.md', 'sudo weir certs'],
    ['README.md', 'touch aggregator.yaml'],
    ['README.md', 'sudo weir agent'],
  ],
  'replays a capture of an interface; test/cli/replay.test.ts runs weir replay': [
    [page('replay'), 'weir collect --listen udp'],
  ],
  'needs a cluster with nodes; test/interop/deploy renders and applies the same objects': [
    ['README.md', '$ kubectl apply'],
    [page('kubernetes'), 'kubectl'],
    [page('kubernetes'), 'helm'],
    [page('kubernetes'), '# kustomization.yaml'],
    [page('kubernetes'), '# values.yaml'],
  ],
  'needs a cluster with nodes; test/api and test/cli/cluster-server.test.ts try these rights and this option':
    [
      [page('access'), 'kubectl'],
      [page('access'), 'openssl rand'],
      [page('kubernetes'), 'weir flows --context'],
    ],
  'needs a cluster with nodes; test/kubernetes/identity tries this label': [
    [page('certificates-in-a-cluster'), 'kubectl'],
  ],
  'needs docker, which tests do not install': [[page('kubernetes'), 'npm run package']],
  'is this suite': [['README.md', 'npm ci && npm test']],
  'stands in first-steps, too, and is run from there': [
    ['README.md', 'npm ci && npm start'],
    ['README.md', '$ npx weir flows --last 5'],
  ],
};
for (const part of Object.values(notRun)) {
  for (const [of, beginning] of part) blocks.takeAll(of, beginning);
}
// test/logs/logql-shipped.test.ts, test/interop/logsql.test.ts and kubernetes-events.test.ts try these.
for (const language of ['logql', 'logsql']) blocks.takeLanguage(language);

/** A fragment of an agent's file, with the collector from first-steps. */
const asAgentFile = (text: string) =>
  text.includes('flowExporter') ? text : `${first.watched.text.split('weir:')[0]}${text}`;

/** The content of a file that a configuration names. */
function contentOf(path: string): string {
  if (path.endsWith('.pem')) return loopbackCertificate;
  return path.endsWith('token') ? `${'0123456789abcdef'.repeat(4)}\n` : 'authorization: Bearer secret\n';
}

/** Two hosts at the addresses of first-steps, and functions that start both ends of a page on them. */
async function collectorAndOther(): Promise<AsyncDisposable & { collector: GuidedHost; other: GuidedHost }> {
  const collector = await guidedHost('collector');
  const other = await guidedHost('other');
  await connect(
    { namespace: collector.namespace, device: 'eth0', addresses: ['192.0.2.10/24'] },
    { namespace: other.namespace, device: 'eth0', addresses: ['192.0.2.21/24'] },
  );
  const close = async () => {
    await collector[Symbol.asyncDispose]();
    await other[Symbol.asyncDispose]();
  };
  return { collector, other, [Symbol.asyncDispose]: close };
}

interface TwoHosts {
  collector: Block;
  aggregator: Block;
  watched: Block;
  agent: Block;
}

/** Follows a page: an aggregator on one host, agents on both. */
async function follow(page: TwoHosts, collector: GuidedHost, other: GuidedHost): Promise<Program[]> {
  collector.write('aggregator.yaml', page.collector.text);
  const aggregator = collector.start(page.aggregator);
  await aggregator.says(/weir: ready/);
  const agents = [collector, other].map((host) => {
    host.write('agent.yaml', page.watched.text);
    return host.start(page.agent);
  });
  for (const agent of agents) await agent.says(/connected to 192\.0\.2\.10:4739/);
  return [aggregator, ...agents];
}

requires(
  'namespaces',
  'nft',
  'curl',
  'jq',
)('the documents', () => {
  it('have each block run by a test, or listed with a reason for its omission', () => {
    expect(blocks.left()).toEqual([]);
  });

  it('start, query and stop Weir on one host (first steps)', async () => {
    await using host = await guidedHost('gate');
    // the tests themselves run after npm ci
    const up = host.startText(first.start.text.replace('npm ci && ', ''));
    await up.says(/weir: ready/);
    const server = await startTcpServer(host.namespace, { port: 8080, replyOctets: 5000 });
    await exchangeTcp(host.namespace, { host: '127.0.0.1', port: 8080, octets: 2000 });
    await until('the flow', async () => /TCP +127\.0\.0\.1:\d+ /.test(await host.run(first.flows)));
    expect(await host.run(first.metrics)).toMatch(/^weir_flow_workload_bytes_total\{.*\} \d+$/m);
    const jq = host.startText(
      'timeout 60 npx weir up --http 127.0.0.1:10350 | jq --unbuffered .destinationIP',
    );
    await until('an address by jq', async () => {
      await exchangeTcp(host.namespace, { host: '127.0.0.1', port: 8080, octets: 2000 });
      return /"127\.0\.0\.1"/.test(jq.stdout);
    });
    await server.stop();
    interrupt(up);
    const { stderr } = await up.ended;
    expect(stderr).toMatch(/^aggregator +flows +/m);
    expect(stderr).not.toMatch(/ NO( |$)/m);
  });

  it('join the halves of a flow between two hosts (first steps)', async () => {
    await using two = await collectorAndOther();
    const { collector, other } = two;
    const [aggregator] = await follow(first, collector, other);
    await startTcpServer(collector.namespace, { port: 8080, replyOctets: 5000 });
    const ends = () =>
      readFileSync(collector.file('flows.jsonl'), 'utf8')
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line))
        .filter((flow) => flow.destinationTransportPort === 8080 && flow.flowEndReason === 'EndOfFlow');
    const patience = { everyMs: 500 };
    const last = await until(
      'the end of a flow',
      async () => {
        await exchangeTcp(other.namespace, { host: '192.0.2.10', port: 8080, octets: 20_000 });
        return ends()[0];
      },
      patience,
    );
    expect(last).toMatchObject({
      sourceIP: '192.0.2.21',
      destinationIP: '192.0.2.10',
      flowType: 'InterNode',
      sourceNodeName: 'other',
      destinationNodeName: 'collector',
      octetTotalCountFromSourceNode: last.octetTotalCount,
      octetTotalCountFromDestinationNode: last.octetTotalCount,
    });
    expect(last.octetTotalCount).toBeGreaterThan(20_000);
    interrupt(aggregator!);
    const { stderr } = await aggregator!.ended;
    expect(stderr).not.toMatch(/ NO( |$)/m);
    const ports = ends().map(({ sourceTransportPort }) => sourceTransportPort);
    expect(ports).toEqual([...new Set(ports)]);
  });

  it('show the flows of an aggregator, and its ledger (agents and an aggregator)', async () => {
    await using two = await collectorAndOther();
    const { collector, other } = two;
    await follow(keptHosts, collector, other);
    await startTcpServer(collector.namespace, { port: 8080 });
    const [following, asking] = keptHosts.look.text.split('\n');
    const shown = collector.startText(following!);
    await until(
      'the flow',
      async () => {
        await exchangeTcp(other.namespace, { host: '192.0.2.10', port: 8080, octets: 2000 });
        return /192\.0\.2\.21:\d+ +192\.0\.2\.10:/.test(shown.stdout);
      },
      { everyMs: 500 },
    );
    await collector.runText(asking!.replace('curl ', 'curl -sf '));
    const ledger = JSON.parse(await collector.runText(keptHosts.ledger.text.replace('curl ', 'curl -sf ')));
    expect(JSON.stringify(ledger)).toContain('"received"');
    for (const port of [9464, 9465]) {
      expect(await collector.runText(`curl -sf http://127.0.0.1:${port}/metrics`)).toContain('# TYPE weir_');
      expect(await collector.runText(`curl -s http://127.0.0.1:${port}/healthz`)).not.toBe('');
    }
    expect(existsSync(collector.file('var/log/weir/flows.jsonl'))).toBe(true);
  });

  it('show connections that the example firewall denies, with the rule (denied connections)', async () => {
    await using two = await collectorAndOther();
    const { collector, other } = two;
    await collector.run(firewall.load);
    await follow(
      { ...first, watched: { ...firewall.groups, text: asAgentFile(firewall.groups.text) } },
      collector,
      other,
    );
    const refused = "await (await import('node:net')).connect(81, '192.0.2.10').on('error', () => {})";
    const knock = `${process.execPath} --input-type=module --eval "${refused}"`;
    await until(
      'the denied flow',
      async () => {
        await other.runText(knock);
        const found = await collector.runText('weir flows --port 81 -o json --last 5');
        return found.includes('"closed-port"') && found.includes('"Reject"');
      },
      { everyMs: 500 },
    );
    await collector.runText('sudo nft delete table inet weir_example');
    const chain = 'nft add table inet t && nft add chain inet t c && nft add rule inet t c';
    for (const rule of firewall.rules) await collector.runText(`${chain} '${rule.text.trim()}'`);
  });

  it('restrict access by a socket or a token (who may read)', async () => {
    await using host = await guidedHost('gate');
    const [socket, token] = access.configurations;
    const [make, makeOther, ask] = access.token.text.split('\n');
    await host.runText(`${make}\n${makeOther}`);
    const begin = async (configuration: Block) => {
      host.write('aggregator.yaml', configuration.text);
      const aggregator = host.startText('exec weir aggregator --config aggregator.yaml');
      await aggregator.says(/weir: ready/);
      return aggregator;
    };
    const first = await begin(socket!);
    const [following, ledger] = access.socket.text.split('\n');
    const followed = host.startText(following!);
    expect(JSON.parse(await host.runText(ledger!))).toBeDefined();
    expect([followed.running, followed.stderr]).toEqual([true, '']);
    await first.stop();
    await begin(token!);
    await host.runText(ask!);
    await expect(host.runText('weir flows --last 5')).rejects.toThrow(/401|token/i);
  });

  it('show configurations that config check accepts, with their files', async () => {
    await using host = await guidedHost('gate');
    mkdirSync(host.file('var/log/weir'));
    const wrong: string[] = [];
    for (const { page: of, text } of configurations) {
      const kind = guessKind(text, of) ?? 'agent';
      const file = host.placed(kind === 'agent' ? asAgentFile(text) : text);
      for (const [path] of file.matchAll(/\/\S*\/etc\/weir\/[\w.-]+/g)) {
        writeFileSync(path, contentOf(path), { mode: 0o600 });
      }
      const { notes } = (kind === 'agent' ? loadAgentSettings : loadAggregatorSettings)(file, of);
      const stops = notes.filter((note) => note.stops).map(formatNote);
      const missing = await expectNamedPaths(file, of, configFiles[kind].root as Section).catch(
        (error: Error) => [error.message],
      );
      wrong.push(...stops, ...(missing ?? []));
    }
    expect(wrong).toEqual([]);
  });

  it('render dashboards and rules as documented', async () => {
    await using host = await guidedHost('gate');
    host.write('aggregator.yaml', dashboards.defined.text);
    await host.run(dashboards.render);
    expect(readFileSync(host.file('my-dashboards/overview.json'), 'utf8')).toContain(
      'Name look-ups by workload',
    );
    await host.runText(pace.text.replace('/tmp/weir-rules', host.file('rules')));
    expect(readFileSync(host.file('rules/quiet.yaml'), 'utf8')).toContain('groups:');
  });
});

requires('namespaces', 'iptables')('the documents', () => {
  it('show iptables chains that log denied packets (denied connections)', async () => {
    await using host = await guidedHost('gate');
    for (const block of firewall.iptables) await host.run(block);
    expect(await host.runText('iptables -S')).toContain('-A INPUT -p udp -j WEIR_DROP');
  });
});
