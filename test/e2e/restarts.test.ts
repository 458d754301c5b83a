import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { FlowRecord } from '../../src/flow/index.ts';
import { agentFile } from '../support/agent-file.ts';
import { loadRules, readCounters, trackConnections } from '../support/nftables.ts';
import type { Program } from '../support/program.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { type Site, type TwoNodes, twoNodes } from '../support/topology.ts';
import { exchangeTcp, startTcpServer } from '../support/traffic.ts';
import { until } from '../support/until.ts';
import { aggregatorSkewMs, type LedgerLine, startWeir, stopWeir } from '../support/weir.ts';

/*
 * Processes that die and return under traffic. Many TCP connections go from client a to client b. On node a,
 * nftables counts all of their octets, and the sums over the aggregator's records must equal them.
 */

const port = 8080;
const activeTimeoutMs = 2_000;

const counting = `table inet counting {
  counter forward {}
  counter backward {}
  chain forward {
    type filter hook forward priority 0
    tcp dport ${port} counter name forward
    tcp sport ${port} counter name backward
  }
}`;

type Line = Pick<
  FlowRecord,
  | 'sourceTransportPort'
  | 'octetTotalCount'
  | 'reverseOctetTotalCount'
  | 'octetDeltaCountFromSourceNode'
  | 'reverseOctetDeltaCountFromSourceNode'
>;

class Scene implements AsyncDisposable {
  readonly nodes: TwoNodes;
  readonly directory = new TemporaryDirectory();
  readonly #server: Program;

  private constructor(nodes: TwoNodes, server: Program) {
    this.nodes = nodes;
    this.#server = server;
  }

  /**
   * Both nodes enable tracking themselves, because an agent's table ends with it. Of connections that begin
   * before the next table only the rest would be seen.
   */
  static async make(): Promise<Scene> {
    const nodes = await twoNodes();
    for (const { node } of [nodes.a, nodes.b]) await trackConnections(node);
    await loadRules(nodes.a.node, counting);
    return new Scene(nodes, await startTcpServer(nodes.b.client, { port, replyOctets: 3_000 }));
  }

  startAgent(site: 'a' | 'b'): Promise<Program> {
    const file = agentFile(this.nodes, site, {
      flowExporter: { activeFlowExportTimeout: `${activeTimeoutMs}ms` },
      weir: { track: false },
    });
    return startWeir(this.#node(site).node, 'agent', file, this.directory);
  }

  startAggregator(): Promise<Program> {
    return startWeir(
      this.nodes.aggregator,
      'aggregator',
      {
        aggregatorTransportProtocol: 'tcp',
        activeFlowRecordTimeout: `${activeTimeoutMs}ms`,
        weir: { sinks: [{ jsonLines: { path: this.#flowsFile } }] },
      },
      this.directory,
    );
  }

  /**
   * Connections that each live for half a second, eight at a time: many begin and end while others continue.
   */
  traffic(connections: number): Promise<unknown> {
    const host = this.nodes.b.clientAddress.v4;
    return exchangeTcp(this.nodes.a.client, {
      host,
      port,
      octets: 5_000,
      connections,
      concurrency: 8,
      holdMs: 500,
    });
  }

  /** The count of node a's kernel. */
  async counted(): Promise<{ octets: number; reverseOctets: number }> {
    const { forward, backward } = await readCounters(this.nodes.a.node);
    return { octets: forward!.octets, reverseOctets: backward!.octets };
  }

  /** The lines of all the aggregator's lives. */
  lines(): Line[] {
    return readFileSync(this.#flowsFile, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  }

  get #flowsFile(): string {
    return this.directory.file('flows.jsonl');
  }

  #node(site: 'a' | 'b'): Site {
    return this.nodes[site];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.stop();
    await this.nodes.close();
    this.directory[Symbol.dispose]();
  }
}

/** The greatest total of each connection, summed. The source port identifies a connection. */
function totals(lines: readonly Line[]): { octets: number; reverseOctets: number } {
  const greatest = (field: 'octetTotalCount' | 'reverseOctetTotalCount') => {
    const byPort = new Map<number, number>();
    for (const line of lines) {
      const key = line.sourceTransportPort!;
      byPort.set(key, Math.max(byPort.get(key) ?? 0, line[field] ?? 0));
    }
    return [...byPort.values()].reduce((sum, value) => sum + value, 0);
  };
  return { octets: greatest('octetTotalCount'), reverseOctets: greatest('reverseOctetTotalCount') };
}

/**
 * The sum of node a's deltas. The common ones may differ: one aggregator may know only node a's half of a
 * connection, and the next only node b's. Each takes its half for the whole flow.
 */
function deltas(lines: readonly Line[]): { octets: number; reverseOctets: number } {
  const sum = (field: 'octetDeltaCountFromSourceNode' | 'reverseOctetDeltaCountFromSourceNode') =>
    lines.reduce((total, line) => total + (line[field] ?? 0), 0);
  return {
    octets: sum('octetDeltaCountFromSourceNode'),
    reverseOctets: sum('reverseOctetDeltaCountFromSourceNode'),
  };
}

const unclosed = (ledger: readonly LedgerLine[]) => ledger.filter(({ closes }) => !closes);

requires(
  'namespaces',
  'nft',
  'ethtool',
)('restarted processes', () => {
  it('lose and repeat nothing when an agent is killed under traffic and restarted', async () => {
    await using scene = await Scene.make();
    const aggregator = await scene.startAggregator();
    const agentB = await scene.startAgent('b');
    const killed = await scene.startAgent('a');
    await delay(aggregatorSkewMs);
    const traffic = scene.traffic(160);
    await until('a record to leave the aggregator', () => aggregator.running && hasLines(scene));
    await killed.stop('SIGKILL');
    const again = await scene.startAgent('a');
    await traffic;
    const counted = await scene.counted();
    const ledgers = [await stopWeir(again), await stopWeir(agentB), await stopWeir(aggregator)];
    expect(totals(scene.lines())).toEqual(counted);
    expect(deltas(scene.lines())).toEqual(counted);
    expect(ledgers.flatMap(unclosed)).toEqual([]);
  });

  it("catch up after the aggregator's absence of two active timeouts under traffic", async () => {
    await using scene = await Scene.make();
    const first = await scene.startAggregator();
    const agents = [await scene.startAgent('a'), await scene.startAgent('b')];
    const traffic = scene.traffic(160);
    await until('a record to leave the aggregator', () => hasLines(scene));
    const ledgerOfFirst = await stopWeir(first);
    await new Promise((resolve) => setTimeout(resolve, 2 * activeTimeoutMs)); // the absence itself
    const second = await scene.startAggregator();
    await traffic;
    const counted = await scene.counted();
    await until('both agents to be connected again', () =>
      agents.every(({ stderr }) => (stderr.match(/connected to/g) ?? []).length >= 2),
    );
    const ledgers = [ledgerOfFirst];
    for (const program of [...agents, second]) ledgers.push(await stopWeir(program));
    expect(totals(scene.lines())).toEqual(counted);
    expect(deltas(scene.lines())).toEqual(counted);
    expect(ledgers.flatMap(unclosed)).toEqual([]);
  });
});

function hasLines(scene: Scene): boolean {
  try {
    return scene.lines().length > 0;
  } catch {
    return false; // the first record creates the file
  }
}
