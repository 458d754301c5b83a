import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { FlowRecord } from '../../src/flow/index.ts';
import { agentFile } from '../support/agent-file.ts';
import { MetricsText } from '../support/metrics-text.ts';
import { loadRules, readCounters, trackConnections } from '../support/nftables.ts';
import type { Program } from '../support/program.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { type TwoNodes, twoNodes } from '../support/topology.ts';
import { exchangeUdp, startUdpEcho } from '../support/traffic.ts';
import { until } from '../support/until.ts';
import { startWeir } from '../support/weir.ts';

/*
 * One UDP flow that stays open from client a to client b, over all restarts of the agents and the aggregator.
 * It carries octets only on the test's demand, and nftables on node a counts them. Each octet is in one
 * delta and in the metrics once, or is reported as left out.
 */

const port = 5000;
const localPort = 5001;

const counting = `table inet counting {
  counter octets {}
  chain forward {
    type filter hook forward priority 0
    udp dport ${port} counter name octets
    udp sport ${port} counter name octets
  }
}`;

type Line = Pick<
  FlowRecord,
  'octetTotalCount' | 'reverseOctetTotalCount' | 'octetDeltaCount' | 'reverseOctetDeltaCount'
> & { readonly flowType: string; readonly sourceNodeName?: string; readonly destinationNodeName?: string };

const total = (line: Line) => (line.octetTotalCount ?? 0) + (line.reverseOctetTotalCount ?? 0);
const delta = (line: Line) => (line.octetDeltaCount ?? 0) + (line.reverseOctetDeltaCount ?? 0);
const deltasOf = (lines: readonly Line[]) => lines.reduce((sum, line) => sum + delta(line), 0);

class OpenFlow implements AsyncDisposable {
  readonly #nodes: TwoNodes;
  readonly #directory = new TemporaryDirectory();
  readonly #running = new Map<'a' | 'b' | 'aggregator', Program>();
  /** Lines of the earlier aggregators. */
  #linesBefore = 0;

  private constructor(nodes: TwoNodes) {
    this.#nodes = nodes;
  }

  /** Both nodes enable tracking themselves, so that the kernel continues to count while no agent runs. */
  static async make(): Promise<OpenFlow> {
    const nodes = await twoNodes();
    for (const { node } of [nodes.a, nodes.b]) await trackConnections(node);
    await loadRules(nodes.a.node, counting);
    await startUdpEcho(nodes.b.client, port);
    return new OpenFlow(nodes);
  }

  async start(...names: ('a' | 'b' | 'aggregator')[]): Promise<void> {
    for (const name of names) {
      if (name === 'aggregator') this.#linesBefore = this.lines.length;
      this.#running.set(
        name,
        await (name === 'aggregator' ? this.#startAggregator() : this.#startAgent(name)),
      );
    }
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL', ...names: ('a' | 'b' | 'aggregator')[]): Promise<void> {
    for (const name of names) await this.#running.get(name)!.stop(signal, 30_000);
  }

  /** Ten datagrams there and ten back. */
  async exchange(): Promise<void> {
    const host = this.#nodes.b.clientAddress.v4;
    await exchangeUdp(this.#nodes.a.client, { host, port, localPort, octets: 1_000, datagrams: 10 });
  }

  /** The count of node a's kernel. */
  async counted(): Promise<number> {
    return (await readCounters(this.#nodes.a.node)).octets!.octets;
  }

  /** Waits until this aggregator's latest record contains the kernel's whole count. */
  async reported(): Promise<void> {
    const counted = await this.counted();
    await until(`a record of ${counted} octets`, () =>
      this.linesOfThisAggregator.some((line) => total(line) === counted),
    ).catch((error: Error) => {
      const said = [...this.#running.values()].map((program) => program.account());
      const totals = this.linesOfThisAggregator.map(total).join();
      throw new Error([`${error.message}; there are those of ${totals}`, ...said].join('\n'));
    });
  }

  get lines(): Line[] {
    if (!existsSync(this.#flowsFile)) return [];
    const lines = readFileSync(this.#flowsFile, 'utf8').split('\n').slice(0, -1);
    return lines
      .map((line) => JSON.parse(line))
      .filter(({ sourceTransportPort }) => sourceTransportPort === localPort);
  }

  get linesOfThisAggregator(): Line[] {
    return this.lines.slice(this.#linesBefore);
  }

  /**
   * Octets of both directions in this aggregator's metrics, between the two nodes and between any others.
   */
  async metrics(): Promise<{ between: number; elsewhere: number; leftOut: number }> {
    const { body } = await this.#nodes.aggregator.fetch('http://127.0.0.1:9464/metrics');
    const { samples } = new MetricsText(body);
    const octets = samples.filter(({ name }) => name === 'weir_flow_node_bytes_total');
    const isBetween = ({ labels }: (typeof samples)[number]) =>
      [labels.source_node, labels.destination_node].toSorted().join() === 'node-a,node-b';
    const sum = (some: typeof samples) => some.reduce((octetsSoFar, { value }) => octetsSoFar + value, 0);
    return {
      between: sum(octets.filter(isBetween)),
      elsewhere: sum(octets.filter((sample) => !isBetween(sample))),
      leftOut: sum(
        samples.filter(
          ({ name, labels }) => name === 'weir_ledger_events_total' && labels.event === 'octets left out',
        ),
      ),
    };
  }

  get #flowsFile(): string {
    return this.#directory.file('flows.jsonl');
  }

  #startAgent(site: 'a' | 'b'): Promise<Program> {
    return startWeir(
      this.#nodes[site].node,
      'agent',
      agentFile(this.#nodes, site, {
        flowExporter: { idleFlowExportTimeout: '1s' },
        weir: { track: false },
      }),
      this.#directory,
    );
  }

  #startAggregator(): Promise<Program> {
    return startWeir(
      this.#nodes.aggregator,
      'aggregator',
      {
        aggregatorTransportProtocol: 'tcp',
        activeFlowRecordTimeout: '1s',
        weir: { sinks: [{ jsonLines: { path: this.#flowsFile } }], metrics: { groupings: ['node'] } },
      },
      this.#directory,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#nodes.close();
    this.#directory[Symbol.dispose]();
  }
}

requires(
  'namespaces',
  'nft',
  'ethtool',
)('an open connection', () => {
  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'is counted once as one flow between the same nodes, when any part restarts after %s',
    async (signal) => {
      await using flow = await OpenFlow.make();
      await flow.start('aggregator', 'a', 'b');
      await flow.exchange();
      await flow.reported();
      expect(deltasOf(flow.lines)).toBe(await flow.counted());

      // One agent restarts twice in a row, and octets pass while it is away: the totals include them.
      await flow.stop(signal, 'a');
      await flow.exchange();
      await flow.start('a');
      await flow.stop(signal, 'a');
      await flow.start('a');
      await flow.exchange();
      await flow.reported();
      expect(deltasOf(flow.lines)).toBe(await flow.counted());
      const first = await flow.metrics();
      expect(first).toEqual({ between: await flow.counted(), elsewhere: 0, leftOut: 0 });

      // Only the aggregator restarts: the agents' deltas continue.
      await flow.stop(signal, 'aggregator');
      await flow.exchange();
      await flow.start('aggregator');
      await flow.exchange();
      await flow.reported();
      expect(deltasOf(flow.lines)).toBe(await flow.counted());
      expect(await flow.metrics()).toEqual({
        between: deltasOf(flow.linesOfThisAggregator),
        elsewhere: 0,
        leftOut: first.between,
      });

      // All three stop. Nobody sees the packets in between, and the aggregator reports how far the totals are
      // ahead of the deltas.
      await flow.stop(signal, 'a', 'b', 'aggregator');
      const before = await flow.counted();
      await flow.exchange();
      const unseen = (await flow.counted()) - before;
      await flow.start('b', 'a', 'aggregator');
      await flow.exchange();
      await flow.reported();
      const counted = await flow.counted();
      expect(deltasOf(flow.lines)).toBe(counted - unseen);
      expect(await flow.metrics()).toEqual({
        between: counted - before - unseen,
        elsewhere: 0,
        leftOut: before + unseen,
      });
      for (const line of flow.lines) {
        expect(line).toMatchObject({
          flowType: 'InterNode',
          sourceNodeName: 'node-a',
          destinationNodeName: 'node-b',
        });
      }
    },
  );
});
