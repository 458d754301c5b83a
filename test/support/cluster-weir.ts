import { existsSync, readFileSync } from 'node:fs';
import type { Cluster } from './cluster.ts';
import { nodeRanges, podRanges } from './cluster-network.ts';
import type { ClusterNode } from './cluster-node.ts';
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
  /** Default: all. */
  nodes?: readonly ClusterNode[];
}

/** An aggregator beside the control plane, and an agent on each node, in the namespaces of a cluster. */
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
    if (!existsSync(this.#file)) return [];
    const lines = readFileSync(this.#file, 'utf8').split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as FlowLine);
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

  async #start({ control, nodes }: Cluster, options: ClusterWeirOptions): Promise<void> {
    const aggregator = {
      aggregatorTransportProtocol: 'tcp',
      activeFlowRecordTimeout: '2s',
      weir: { sinks: [{ jsonLines: { path: this.#file } }] },
      ...options.aggregator,
    };
    this.#programs.push(await startWeir(control.namespace, 'aggregator', aggregator, this.#directory));
    for (const node of options.nodes ?? nodes) {
      const agent = {
        flowExporter: {
          flowCollectorAddr: `${control.addresses.v4}:4739:tcp`,
          flowPollInterval: '1s',
          activeFlowExportTimeout: '2s',
          idleFlowExportTimeout: '5s',
        },
        weir: {
          nodeName: node.name,
          nodeNetworks: [node.podRanges.v4, node.podRanges.v6],
          clusterNetworks: [...podRanges, ...nodeRanges],
          ...options.agent,
        },
      };
      this.#programs.push(await startWeir(node.namespace, 'agent', agent, this.#directory));
    }
  }
}
