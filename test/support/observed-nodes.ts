import { agentFile } from './agent-file.ts';
import { loadRules, readCounters } from './nftables.ts';
import type { Program } from './program.ts';
import { type Prometheus, type PrometheusOptions, startPrometheus } from './prometheus.ts';
import { TemporaryDirectory } from './temporary-directory.ts';
import { type TwoNodes, twoNodes } from './topology.ts';
import { exchangeTcp, startTcpServer } from './traffic.ts';
import { startWeir } from './weir.ts';

/** Octets of IP packets, and packets. */
export interface Total {
  octets: number;
  packets: number;
}

/**
 * Two nodes with agents, an aggregator, and a Prometheus that scrapes them all. The kernel counts the traffic
 * between client a and client b. Scrapes and exports are no flows: their links are not tracked.
 */
export class ObservedNodes implements AsyncDisposable {
  readonly nodes: TwoNodes;
  readonly directory = new TemporaryDirectory();
  readonly ports: readonly number[];
  #prometheus: Prometheus | undefined;

  private constructor(nodes: TwoNodes, ports: readonly number[]) {
    this.nodes = nodes;
    this.ports = ports;
  }

  /** @param ports of the TCP servers at client b, which answer 3,000 octets */
  static async make(ports: readonly number[] = [8080, 8081, 8082]): Promise<ObservedNodes> {
    const nodes = await twoNodes();
    try {
      for (const { node } of [nodes.a, nodes.b]) await loadRules(node, untracked);
      await loadRules(nodes.a.node, counting(ports));
      for (const port of ports) await startTcpServer(nodes.b.client, { port, replyOctets: 3_000 });
      return new ObservedNodes(nodes, ports);
    } catch (error) {
      await nodes.close();
      throw error;
    }
  }

  /** @param weir further keys of the file's section `weir`; `flowExporter` those of that section */
  startAgent(
    site: 'a' | 'b',
    { flowExporter = {}, ...weir }: { flowExporter?: object; [key: string]: unknown } = {},
  ): Promise<Program> {
    const file = agentFile(this.nodes, site, {
      flowExporter,
      weir: { metrics: { listen: '0.0.0.0:9465' }, ...weir },
    });
    return startWeir(this.nodes[site].node, 'agent', file, this.directory);
  }

  /** @param more further keys of the file */
  startAggregator(
    metrics: object,
    { weir = {}, ...more }: { weir?: object; [key: string]: unknown } = {},
  ): Promise<Program> {
    const file = {
      aggregatorTransportProtocol: 'tcp',
      activeFlowRecordTimeout: '2s',
      inactiveFlowRecordTimeout: '3s', // a series disappears with its flows
      ...more,
      weir: { metrics, ...weir },
    };
    return startWeir(this.nodes.aggregator, 'aggregator', file, this.directory);
  }

  /** Scrapes the aggregator and both agents once a second. */
  async startPrometheus(options: PrometheusOptions = {}): Promise<Prometheus> {
    this.#prometheus = await startPrometheus({
      namespace: this.nodes.aggregator,
      scrape: {
        'weir-aggregator': ['127.0.0.1:9464'],
        'weir-agent': [`${this.nodes.a.manageAddress.v4}:9465`, `${this.nodes.b.manageAddress.v4}:9465`],
      },
      ...options,
    });
    return this.#prometheus;
  }

  /**
   * Connections that each live for half a second, eight at a time: many begin and end while others continue.
   */
  traffic(port: number, connections = 60): Promise<unknown> {
    const host = this.nodes.b.clientAddress.v4;
    const each = { octets: 5_000, concurrency: 8, holdMs: 500 };
    return exchangeTcp(this.nodes.a.client, { host, port, connections, ...each });
  }

  /** What node a's kernel counted of one server's traffic, or of all of them. */
  async counted(port?: number): Promise<Total> {
    const counters = await readCounters(this.nodes.a.node);
    const total = { octets: 0, packets: 0 };
    for (const each of port === undefined ? this.ports : [port]) {
      total.octets += counters[`port-${each}`]!.octets;
      total.packets += counters[`port-${each}`]!.packets;
    }
    return total;
  }

  /** The page of the aggregator, or of an agent. */
  async metricsPage(of: 'aggregator' | 'a' | 'b' = 'aggregator', accept = 'text/plain'): Promise<string> {
    const host = of === 'aggregator' ? '127.0.0.1:9464' : `${this.nodes[of].manageAddress.v4}:9465`;
    const { status, body } = await this.nodes.aggregator.fetch(`http://${host}/metrics`, {
      headers: { accept },
    });
    if (status !== 200) throw new Error(`${host} answered ${status}: ${body}`);
    return body;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#prometheus?.stop();
    await this.nodes.close();
    this.directory[Symbol.dispose]();
  }
}

const counting = (ports: readonly number[]): string => `table inet counting {
  ${ports.map((port) => `counter port-${port} {}`).join('\n  ')}
  chain forward {
    type filter hook forward priority 0
    ${ports.map((port) => `meta l4proto { tcp, udp } th dport ${port} counter name port-${port}`).join('\n    ')}
    ${ports.map((port) => `meta l4proto { tcp, udp } th sport ${port} counter name port-${port}`).join('\n    ')}
  }
}`;

const untracked = `table inet untracked {
  chain in { type filter hook prerouting priority raw; iifname "manage" notrack; }
  chain out { type filter hook output priority raw; oifname "manage" notrack; }
}`;
