import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Cluster } from './cluster.ts';
import { nodeRanges, podRanges } from './cluster-network.ts';
import type { ClusterNode } from './cluster-node.ts';
import type { ApiObject } from './kubernetes-api.ts';
import type { Program } from './program.ts';
import { TemporaryDirectory } from './temporary-directory.ts';
import { type LedgerLine, startWeir, stopWeir } from './weir.ts';

/** A record as the JSON lines of the aggregator have it. */
export type FlowLine = Readonly<Record<string, unknown>>;

export interface ClusterWeirOptions {
  /** Keys of an agent's `weir` section. */
  agent?: object;
  /** Keys of the aggregator's file. */
  aggregator?: object;
  /** Sinks of the aggregator besides the file of `lines`. */
  sinks?: readonly object[];
  /** Default: all. */
  nodes?: readonly ClusterNode[];
  /** The agent of each node sends to an aggregator of its own in Proxy mode, with this `flowCollector`. */
  proxies?: object;
  /** What happens when the accounts are made and no program has started. */
  beforeStart?: () => Promise<void>;
}

/** The records in a file of JSON lines, which may not be there yet. */
export function flowLinesIn(file: string): FlowLine[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as FlowLine);
}

/** Where the aggregator listens for agents; proxies listen at the ports after it. */
export const collectorPort = 4739;

const manifests = join(import.meta.dirname, '../../deploy/kustomize/base');

/** The accounts and their rights in every namespace, as `deploy/` gives them. */
const accounts = { agent: ['weir-agent', 'agent'], aggregator: ['flow-aggregator', 'aggregator'] } as const;
const objectsOf = (part: string) =>
  ['namespace', 'service-account', 'cluster-role', 'cluster-role-binding'].map(
    (object) => parse(readFileSync(join(manifests, `${part}-${object}.yaml`), 'utf8')) as ApiObject,
  );

/**
 * An aggregator beside the control plane, and an agent on each node, in the namespaces of a cluster. Each has
 * a ServiceAccount with the rights that `deploy/` gives it.
 */
export class ClusterWeir implements AsyncDisposable {
  readonly #directory = new TemporaryDirectory();
  readonly #programs: Program[] = [];

  static async start(cluster: Cluster, options: ClusterWeirOptions = {}): Promise<ClusterWeir> {
    const weir = new ClusterWeir();
    try {
      await weir.#start(cluster, options);
      return weir;
    } catch (error) {
      await weir[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** What the aggregator has reported so far. */
  get lines(): FlowLine[] {
    return flowLinesIn(this.#file);
  }

  /** Ends the agents, then the aggregator, and returns their ledgers. */
  async stop(): Promise<LedgerLine[]> {
    const ledgers: LedgerLine[] = [];
    for (const program of this.#programs.splice(0).toReversed()) ledgers.push(...(await stopWeir(program)));
    return ledgers;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of this.#programs.splice(0)) await program.stop('SIGKILL');
    this.#directory[Symbol.dispose]();
  }

  get #file(): string {
    return this.#directory.file('flows.jsonl');
  }

  async #start(cluster: Cluster, options: ClusterWeirOptions): Promise<void> {
    const { control, nodes } = cluster;
    const kubeconfigs = {
      agent: await addAccount(cluster, 'agent'),
      aggregator: await addAccount(cluster, 'aggregator'),
    };
    await options.beforeStart?.();
    const aggregator = {
      aggregatorTransportProtocol: 'tcp',
      activeFlowRecordTimeout: '2s',
      weir: {
        sinks: [{ jsonLines: { path: this.#file } }, ...(options.sinks ?? [])],
        kubernetes: { kubeconfig: kubeconfigs.aggregator },
      },
      ...options.aggregator,
    };
    this.#programs.push(await startWeir(control.namespace, 'aggregator', aggregator, this.#directory));
    for (const [at, node] of (options.nodes ?? nodes).entries()) {
      const port = options.proxies === undefined ? collectorPort : collectorPort + 1 + at;
      if (options.proxies !== undefined) {
        const proxy = {
          mode: 'Proxy',
          clusterID: 'the-test',
          aggregatorTransportProtocol: 'tcp',
          flowCollector: { enable: true, address: `127.0.0.1:${collectorPort}:tcp`, ...options.proxies },
          weir: {
            listen: [`tcp://${control.addresses.v4}:${port}`],
            http: { listen: `127.0.0.1:${10_400 + at}` },
            metrics: { listen: `127.0.0.1:${10_500 + at}` },
            kubernetes: { kubeconfig: kubeconfigs.aggregator },
          },
        };
        this.#programs.push(await startWeir(control.namespace, 'aggregator', proxy, this.#directory));
      }
      const agent = {
        flowExporter: {
          flowCollectorAddr: `${control.addresses.v4}:${port}:tcp`,
          flowPollInterval: '1s',
          activeFlowExportTimeout: '2s',
          idleFlowExportTimeout: '5s',
        },
        weir: {
          nodeName: node.name,
          nodeNetworks: [node.podRanges.v4, node.podRanges.v6],
          clusterNetworks: [...podRanges, ...nodeRanges],
          kubernetes: { kubeconfig: kubeconfigs.agent },
          ...options.agent,
        },
      };
      this.#programs.push(await startWeir(node.namespace, 'agent', agent, this.#directory));
    }
  }
}

/** Makes the account with its rights, and returns a kubeconfig with a token of it. */
async function addAccount({ admin, kubernetes }: Cluster, part: keyof typeof accounts): Promise<string> {
  for (const object of objectsOf(accounts[part][1])) await admin.apply(object);
  const [name] = accounts[part];
  return kubernetes.kubeconfig(name, await admin.serviceAccountToken(name, name));
}
