import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { agentFile } from '../support/agent-file.ts';
import { loadRules, readCounters, trackConnections } from '../support/nftables.ts';
import type { Program } from '../support/program.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { type TwoNodes, twoNodes } from '../support/topology.ts';
import { exchangeTcp, startTcpServer } from '../support/traffic.ts';
import { until } from '../support/until.ts';
import { aggregatorSkewMs, startWeir, stopWeir } from '../support/weir.ts';

/*
 * Flow metrics of two nodes under real traffic from client a to client b. nftables on node a counts all its
 * octets and packets. The sums over all series of each grouping must equal them.
 */

const ports = [8080, 8081, 8082];
const activeTimeoutMs = 2_000;

const counting = `table inet counting {
  counter traffic {}
  chain forward {
    type filter hook forward priority 0
    tcp dport { ${ports.join(', ')} } counter name traffic
    tcp sport { ${ports.join(', ')} } counter name traffic
  }
}`;

const groupings = ['node', 'workload', 'port'];

interface Total {
  octets: number;
  packets: number;
}

class Scene implements AsyncDisposable {
  readonly nodes: TwoNodes;
  readonly directory = new TemporaryDirectory();
  #aggregator: Program | undefined;

  private constructor(nodes: TwoNodes) {
    this.nodes = nodes;
  }

  /** Both nodes enable tracking themselves, because an agent's table ends with it. */
  static async make(): Promise<Scene> {
    const nodes = await twoNodes();
    for (const { node } of [nodes.a, nodes.b]) await trackConnections(node);
    await loadRules(nodes.a.node, counting);
    for (const port of ports) await startTcpServer(nodes.b.client, { port, replyOctets: 3_000 });
    return new Scene(nodes);
  }

  startAgent(site: 'a' | 'b'): Promise<Program> {
    const file = agentFile(this.nodes, site, {
      flowExporter: { activeFlowExportTimeout: `${activeTimeoutMs}ms` },
    });
    return startWeir(this.nodes[site].node, 'agent', file, this.directory);
  }

  async startAggregator(metrics: object = {}, options: object = {}): Promise<Program> {
    this.#aggregator = await startWeir(
      this.nodes.aggregator,
      'aggregator',
      {
        aggregatorTransportProtocol: 'tcp',
        activeFlowRecordTimeout: `${activeTimeoutMs}ms`,
        weir: { metrics: { groupings, ...metrics } },
        ...options,
      },
      this.directory,
    );
    return this.#aggregator;
  }

  /**
   * Connections that each live for half a second, eight at a time: many begin and end while others continue.
   */
  traffic(port: number, connections = 60): Promise<unknown> {
    const host = this.nodes.b.clientAddress.v4;
    const each = { octets: 5_000, concurrency: 8, holdMs: 500 };
    return exchangeTcp(this.nodes.a.client, { host, port, connections, ...each });
  }

  /** The counts of node a's kernel. */
  async counted(): Promise<Total> {
    const { traffic } = await readCounters(this.nodes.a.node);
    return { octets: traffic!.octets, packets: traffic!.packets };
  }

  /** The aggregator's current /metrics. */
  async metrics(): Promise<Metrics> {
    try {
      const { status, body } = await this.nodes.aggregator.fetch('http://127.0.0.1:9464/metrics');
      if (status !== 200) throw new Error(`${status}: ${body}`);
      return new Metrics(body);
    } catch (cause) {
      throw new Error(`no metrics: ${this.#aggregator?.account()}`, { cause });
    }
  }

  /** Waits until all counted traffic is there, and returns the page with it. */
  async settled(counted: Total): Promise<Metrics> {
    return until(
      `${counted.octets} octets in the metrics`,
      async () => {
        const metrics = await this.metrics();
        return metrics.total('workload').octets >= counted.octets && metrics;
      },
      { everyMs: 250 },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.nodes.close();
    this.directory[Symbol.dispose]();
  }
}

/** One answer of /metrics. */
class Metrics {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** Label texts and values of a metric's series. */
  series(name: string): { labels: string; value: number }[] {
    return this.text
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
      .map((line) => {
        const [, labels, value] = line.match(/^\w+(?:\{(.*)\})? (\S+)/)!;
        return { labels: labels ?? '', value: Number(value) };
      });
  }

  sum(name: string, having = ''): number {
    return this.series(name)
      .filter(({ labels }) => labels.includes(having))
      .reduce((sum, { value }) => sum + value, 0);
  }

  /** The whole count of a grouping: its series, and those that are no longer shown. */
  total(grouping: string): Total {
    const ever = (unit: string) =>
      this.sum(`weir_flow_${grouping}_${unit}_total`) +
      this.sum(`weir_metrics_expired_${unit}_total`, `grouping="${grouping}"`);
    return { octets: ever('bytes'), packets: ever('packets') };
  }
}

requires(
  'namespaces',
  'nft',
  'ethtool',
)('flow metrics', () => {
  it("equal the kernel's counters in every grouping after an agent was killed under traffic and restarted", async () => {
    await using scene = await Scene.make();
    const aggregator = await scene.startAggregator();
    const agentB = await scene.startAgent('b');
    const killed = await scene.startAgent('a');
    await delay(aggregatorSkewMs);
    const traffic = Promise.all(ports.map((port) => scene.traffic(port)));
    await until('octets in the metrics', async () => (await scene.metrics()).total('node').octets > 0, {
      everyMs: 250,
    });
    await killed.stop('SIGKILL');
    const again = await scene.startAgent('a');
    await traffic;
    const counted = await scene.counted();
    await scene.settled(counted);
    for (const agent of [again, agentB]) await stopWeir(agent);
    const metrics = await scene.metrics();
    for (const grouping of groupings) {
      expect([grouping, metrics.total(grouping)]).toEqual([grouping, counted]);
    }
    expect(metrics.sum('weir_flow_node_flows_total')).toBe(3 * 60);
    expect(metrics.series('weir_flow_port_bytes_total').length).toBe(2 * ports.length);
    await stopWeir(aggregator);
  });

  it("equal the kernel's counters when most series exceed the budget and all expire", async () => {
    await using scene = await Scene.make();
    const aggregator = await scene.startAggregator(
      { seriesLimit: 2, seriesIdleTimeout: '1s' },
      { inactiveFlowRecordTimeout: '3s' }, // a series disappears with its flows
    );
    const agents = [await scene.startAgent('a'), await scene.startAgent('b')];
    await Promise.all(ports.map((port) => scene.traffic(port, 20)));
    const during = await scene.metrics();
    // Flows end three seconds after their last record. Series without flows are dropped at the second or
    // third check, ten seconds apart.
    const hasExpired = async () => (await scene.metrics()).sum('weir_metrics_expired_series_total') > 0;
    await until('series to expire', hasExpired, { everyMs: 500 });
    await scene.traffic(ports[0]!, 20);
    const counted = await scene.counted();
    await scene.settled(counted);
    for (const agent of agents) await stopWeir(agent);
    const metrics = await scene.metrics();
    expect(during.series('weir_flow_port_bytes_total').length).toBeLessThanOrEqual(2 + 1);
    expect(metrics.sum('weir_metrics_folded_series_total', 'grouping="port"')).toBeGreaterThan(0);
    expect(metrics.sum('weir_metrics_series_limit', 'grouping="port"')).toBe(2);
    for (const grouping of groupings) {
      expect([grouping, metrics.total(grouping)]).toEqual([grouping, counted]);
    }
    await stopWeir(aggregator);
  });

  it("equal the kernel's counters over both lives of an aggregator, with the last values by OTLP", async () => {
    await using scene = await Scene.make();
    const sink = new URL('../support/traffic/otlp-sink.ts', import.meta.url);
    const receiver = scene.nodes.aggregator.startModule(sink, ['4318']);
    await receiver.says(/listening/);
    const otlp = [{ endpoint: 'http://127.0.0.1:4318', interval: '1s', timeout: '1s' }];
    const exports = () => receiver.stdout.split('\n').filter((line) => line.startsWith('{'));
    const lastSum = (name: string): number => JSON.parse(exports().at(-1)!)[name] ?? 0;
    const first = await scene.startAggregator({ otlp });
    const agent = await scene.startAgent('a');
    const traffic = Promise.all(ports.map((port) => scene.traffic(port)));
    await until('octets by OTLP', () => exports().length > 0 && lastSum('weir.flow.node.bytes') > 0);
    await stopWeir(first);
    const before = {
      octets: lastSum('weir.flow.node.bytes'),
      packets: lastSum('weir.flow.node.packets'),
    };
    const second = await scene.startAggregator({ otlp });
    await traffic;
    const counted = await scene.counted();
    await until('the agent to be back', () => (agent.stderr.match(/connected to/g) ?? []).length >= 2);
    await stopWeir(agent);
    const after = await until('its last records', async () => {
      const { octets, packets } = (await scene.metrics()).total('node');
      return before.octets + octets >= counted.octets && { octets, packets };
    });
    expect({ octets: before.octets + after.octets, packets: before.packets + after.packets }).toEqual(
      counted,
    );
    await stopWeir(second);
    expect(lastSum('weir.flow.node.bytes')).toBe(after.octets);
  });

  it('rise while a connection is open, and never fall', async () => {
    await using scene = await Scene.make();
    await scene.startAggregator();
    await scene.startAgent('a');
    await scene.startAgent('b');
    const host = scene.nodes.b.clientAddress.v4;
    // Several active timeouts, on a machine that may be busy. How long it takes is measured elsewhere.
    const holdMs = 8 * activeTimeoutMs;
    const open = exchangeTcp(scene.nodes.a.client, { host, port: ports[0]!, octets: 70_000, holdMs });
    const sums: number[] = [];
    let isOpen = true;
    const closed = open.finally(() => {
      isOpen = false;
    });
    while (isOpen) {
      const sum = (await scene.metrics()).total('workload').octets;
      if (isOpen) sums.push(sum);
      await delay(100);
    }
    await closed;
    expect(sums).toEqual(sums.toSorted((one, other) => one - other));
    expect(sums.at(-1)).toBeGreaterThanOrEqual(70_000);
    const metrics = await scene.settled(await scene.counted());
    expect(metrics.sum('weir_metrics_delay_seconds_count')).toBeGreaterThan(0);
  });
});
