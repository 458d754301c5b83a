import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { writeFasterRules } from '../../test/support/faster-rules.ts';
import type { NetworkNamespace } from '../../test/support/namespace.ts';
import { loadRules } from '../../test/support/nftables.ts';
import type { Program } from '../../test/support/program.ts';
import { TemporaryDirectory } from '../../test/support/temporary-directory.ts';
import { type TwoNodes, twoNodes } from '../../test/support/topology.ts';
import { startTcpClient, startTcpServer, startUdpBlast, startUdpSink } from '../../test/support/traffic.ts';
import { weirProgram } from '../../test/support/weir.ts';
import { openBrowserDoor } from './browser-door.ts';
import type { LogStore } from './log-store.ts';
import type { ServerPrograms } from './programs.ts';

/** How many times faster than shipped the rules run: an hour is a minute. */
export const pace = 60;

const folder = fileURLToPath(new URL('.', import.meta.url));
const port = { work: 8080, health: 8081, flood: 9000, prometheus: 9090, alertmanager: 9093 };
const copied = [
  'aggregator.yaml',
  'aggregator-loki.yaml',
  'agent-a.yaml',
  'agent-b.yaml',
  'prometheus.yml',
  'loki.yaml',
];
const manyConnections = 1_000_000;

/**
 * Two nodes with an agent and a client each; beside them the aggregator, Prometheus, Alertmanager and a server that keeps logs, all on the files of this folder. The
 * processes are in network namespaces, their data in a temporary folder; all of it goes away with this process.
 */
export class Stage {
  readonly #nodes: TwoNodes;
  readonly #directory: TemporaryDirectory;

  private constructor(nodes: TwoNodes, directory: TemporaryDirectory) {
    this.#nodes = nodes;
    this.#directory = directory;
  }

  /** All but Prometheus, Alertmanager and the server that keeps logs, which the aggregator is to log to. */
  static async build({ aggregatorFile }: LogStore): Promise<Stage> {
    const directory = provision();
    const nodes = await twoNodes();
    const { a, b, aggregator } = nodes;
    for (const { node } of [a, b]) await loadRules(node, readFileSync(`${folder}nodes.nft`, 'utf8'));
    await loadRules(a.node, readFileSync(`${folder}slow-link.nft`, 'utf8'));
    for (const each of [port.work, port.health]) await startTcpServer(b.client, { port: each });
    await startUdpSink(b.client, port.flood);

    await startWeir(aggregator, 'aggregator', directory.file(aggregatorFile));
    await startWeir(a.node, 'agent', directory.file('agent-a.yaml'));
    await startWeir(b.node, 'agent', directory.file('agent-b.yaml'));
    return new Stage(nodes, directory);
  }

  /** Returns where a browser on this host finds it; without a slash at the end. */
  async startAlertmanager(program: string): Promise<string> {
    const url = await openBrowserDoor(this.namespace, port.alertmanager);
    await startServer(this.namespace, [
      program,
      `--config.file=${this.#directory.file('alertmanager.yml')}`,
      `--storage.path=${this.#directory.file('alertmanager')}`,
      `--web.listen-address=127.0.0.1:${port.alertmanager}`,
      `--web.external-url=${url}`,
      '--cluster.listen-address=', // it is alone
    ]);
    return url;
  }

  /** Returns where a browser on this host finds it; without a slash at the end. */
  async startPrometheus(program: string): Promise<string> {
    const url = await openBrowserDoor(this.namespace, port.prometheus);
    await startServer(this.namespace, [
      program,
      `--config.file=${this.#directory.file('prometheus.yml')}`,
      `--storage.tsdb.path=${this.#directory.file('prometheus')}`,
      `--web.listen-address=127.0.0.1:${port.prometheus}`,
      `--web.external-url=${url}`,
    ]);
    return url;
  }

  /** Returns where a browser on this host finds it; without a slash at the end. What was logged before waits in the aggregator. */
  async startLogStore({ logStore, ruler }: ServerPrograms, store: LogStore): Promise<string> {
    const url = await openBrowserDoor(this.namespace, store.port);
    await startServer(this.namespace, [logStore, ...store.options(this.#directory)], store.ready);
    if (ruler !== undefined && store.ruler !== undefined) {
      await startServer(this.namespace, [ruler, ...store.ruler.options(this.#directory)], store.ruler.ready);
    }
    return url;
  }

  /** Where aggregator and servers are. */
  get namespace(): NetworkNamespace {
    return this.#nodes.aggregator;
  }

  /** A small connection a second: agents have something to tell, and nobody is well for it. */
  startHealthChecks(): Program {
    return this.#connect(port.health, { octets: 10, concurrency: 1, holdMs: 1_000 });
  }

  /** Half a megabyte a second, in twenty connections. */
  startWork(): Program {
    return this.#connect(port.work, { octets: 25_000, concurrency: 4, holdMs: 190 });
  }

  /** One and a half times what the link between the nodes carries, at most for five minutes. */
  startFlood(): Program {
    const each = { octets: 1_200, perSecond: 1_250, datagrams: 300 * 1_250 };
    const host = this.#nodes.b.clientAddress.v4;
    return startUdpBlast(this.#nodes.a.client, { host, port: port.flood, ...each });
  }

  #connect(to: number, each: { octets: number; concurrency: number; holdMs: number }): Program {
    const host = this.#nodes.b.clientAddress.v4;
    return startTcpClient(this.#nodes.a.client, { host, port: to, connections: manyConnections, ...each });
  }
}

/** The files of this folder, and the rules, where the programs run. */
function provision(): TemporaryDirectory {
  const directory = new TemporaryDirectory();
  for (const file of copied) cpSync(folder + file, directory.file(file));
  const inhibition = new URL('../../alerts/alertmanager/inhibit.yaml', import.meta.url);
  const alertmanager = readFileSync(`${folder}alertmanager.yml`, 'utf8') + readFileSync(inhibition, 'utf8');
  writeFileSync(directory.file('alertmanager.yml'), alertmanager);
  writeFasterRules(directory, pace); // into rules/
  copyRules('loki', directory.file('loki-rules/fake'));
  copyRules('victorialogs', directory.file('victorialogs-rules'));
  return directory;
}

/** The rules over lines, as shipped. */
function copyRules(server: 'loki' | 'victorialogs', to: string): void {
  cpSync(fileURLToPath(new URL(`../../alerts/${server}`, import.meta.url)), to, { recursive: true });
}

async function startWeir(namespace: NetworkNamespace, command: string, file: string): Promise<void> {
  await namespace.startModule(weirProgram, [command, '--config', file]).says(/weir: ready/);
}

async function startServer(
  namespace: NetworkNamespace,
  command: string[],
  ready = /Listening on/,
): Promise<void> {
  await namespace.start(command).says(ready, { timeoutMs: 30_000 });
}
