import { describe, expect, it } from 'vitest';
import { weirCommand } from '../cli/weir.ts';
import { agentFile } from '../support/agent-file.ts';
import { startLoki } from '../support/loki.ts';
import type { NetworkNamespace } from '../support/namespace.ts';
import { loadRules, readCounters } from '../support/nftables.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { loneHost, type TwoNodes, twoNodes } from '../support/topology.ts';
import { exchangeTcp, startTcpServer } from '../support/traffic.ts';
import { until } from '../support/until.ts';
import { startVictoriaLogs } from '../support/victoria-logs.ts';
import { readLedger, startWeir, stopWeir } from '../support/weir.ts';

/*
 * Lines of real traffic in a real server: the octets and packets of all lines of a port sum to the counts of
 * nftables.
 */

const port = 8080;

const counting = (hook: string) => `table inet counting {
  counter original {}
  counter reverse {}
  chain traffic {
    type filter hook ${hook} priority 0
    tcp dport ${port} counter name original
    tcp sport ${port} counter name reverse
  }
}`;

/** The total of all lines of the port, in each direction. */
interface Total {
  readonly octets: number;
  readonly packets: number;
  readonly reverseOctets: number;
  readonly reversePackets: number;
}

/** A server that takes lines, with its configuration for Weir. */
interface LogStore extends AsyncDisposable {
  readonly sink: object;
  readonly upOptions: readonly string[];
  /** The total of all lines of the port. */
  total(): Promise<Total>;
}

async function lokiIn(namespace: NetworkNamespace): Promise<LogStore> {
  const loki = await startLoki({ namespace });
  const line = '<_> <_> <_> <port> <_> <_> <_> <octets> <packets> <reverseOctets> <reversePackets> <_>';
  // A line may end after its core. With another space the pattern always matches.
  const sum = async (what: keyof Total) => {
    const lines = `{service_name="weir-flows"} | line_format "{{__line__}} ." | pattern "${line}" | port="${port}"`;
    const [found] = await loki.query(`sum(sum_over_time(${lines} | ${what}!="-" | unwrap ${what} [1h]))`);
    return found?.value ?? 0;
  };
  return {
    sink: { loki: { url: loki.url, batchAge: '200ms' } },
    upOptions: ['--loki', loki.url],
    total: async () => ({
      octets: await sum('octets'),
      packets: await sum('packets'),
      reverseOctets: await sum('reverseOctets'),
      reversePackets: await sum('reversePackets'),
    }),
    [Symbol.asyncDispose]: () => loki.stop(),
  };
}

async function victoriaLogsIn(namespace: NetworkNamespace): Promise<LogStore> {
  const server = await startVictoriaLogs({ namespace });
  const core = `<_> <_> <_> <port> <_> <_> <_> <octets> <packets> <reverseOctets> <reversePackets> `;
  const names = ['octets', 'packets', 'reverseOctets', 'reversePackets'] as const;
  const sums = names.map((name) => `sum(${name}) as ${name}`).join(', ');
  // A line may end after its core. With another space the pattern always matches.
  const query = `{service_name="weir-flows"} | format "<_msg> ." as line | extract "${core}" from line | filter port:="${port}" | stats ${sums}`;
  return {
    sink: { victoriaLogs: { url: server.url, batchAge: '200ms' } },
    upOptions: ['--logs', server.url],
    total: async () => {
      const [row] = await server.query(query);
      const sumOf = (name: keyof Total) => Number(row?.[name]) || 0; // NaN if nothing is found
      return Object.fromEntries(names.map((name) => [name, sumOf(name)])) as unknown as Total;
    },
    [Symbol.asyncDispose]: () => server.stop(),
  };
}

async function counted(place: TwoNodes['a']['node']): Promise<Total> {
  const { original, reverse } = await readCounters(place);
  return {
    octets: original!.octets,
    packets: original!.packets,
    reverseOctets: reverse!.octets,
    reversePackets: reverse!.packets,
  };
}

/** The total of the lines, as soon as it reaches the kernel's count. */
function settled(store: LogStore, expected: Total): Promise<Total> {
  return until(
    `${JSON.stringify(expected)} in the lines`,
    async () => {
      const total = await store.total();
      const isThere = Object.entries(expected).every(([what, least]) => total[what as keyof Total] >= least);
      return isThere && total;
    },
    { everyMs: 500 },
  );
}

describe.each([
  ['victoria-logs', victoriaLogsIn],
  ['loki', lokiIn],
] as const)('flow logs in %s', (need, storeIn) => {
  requires(
    'namespaces',
    'nft',
    'ethtool',
    need,
  )('of real traffic', () => {
    it("equal the kernel's counters for two agents and an aggregator, whose ledger balances", async () => {
      using directory = new TemporaryDirectory();
      await using nodes = await twoNodes();
      await loadRules(nodes.a.node, counting('forward'));
      await startTcpServer(nodes.b.client, { port, replyOctets: 30_000 });
      await using store = await storeIn(nodes.aggregator);
      const aggregator = await startWeir(
        nodes.aggregator,
        'aggregator',
        {
          aggregatorTransportProtocol: 'tcp',
          activeFlowRecordTimeout: '2s',
          weir: { sinks: [{ name: 'logs', ...store.sink }] },
        },
        directory,
      );
      const agents = [];
      for (const site of ['a', 'b'] as const) {
        const file = agentFile(nodes, site, { flowExporter: { activeFlowExportTimeout: '2s' } });
        agents.push(await startWeir(nodes[site].node, 'agent', file, directory));
      }
      const each = { connections: 40, octets: 5_000, concurrency: 8, holdMs: 500 };
      await exchangeTcp(nodes.a.client, { host: nodes.b.clientAddress.v4, port, ...each });
      const expected = await counted(nodes.a.node);
      const total = await settled(store, expected);
      for (const agent of agents) await stopWeir(agent);
      const ledger = await stopWeir(aggregator);
      expect(total).toEqual(expected);
      expect(ledger.filter(({ closes }) => !closes)).toEqual([]);
      const lines = ledger.find(({ unit }) => unit === 'lines')!;
      expect(lines.received).toBeGreaterThanOrEqual(40);
      expect(lines).toMatchObject({ sent: lines.received, dropped: 0, held: 0 });
    });

    it("equal the kernel's counters for weir up", async () => {
      await using host = await loneHost();
      await loadRules(host, counting('output'));
      await startTcpServer(host, { port, replyOctets: 30_000 });
      await using store = await storeIn(host);
      await using up = host.start(weirCommand('up', ...store.upOptions));
      await up.says(/weir: ready|turned connection tracking on/);
      await exchangeTcp(host, { host: '127.0.0.1', port, connections: 10, octets: 5_000, concurrency: 2 });
      const expected = await counted(host);
      expect(await settled(store, expected)).toEqual(expected);
      const ended = await up.stop('SIGINT');
      expect(ended.code, ended.stderr).toBe(0);
      const ledger = readLedger(ended);
      expect(ledger.filter(({ closes }) => !closes)).toEqual([]);
      expect(ledger.find(({ unit }) => unit === 'lines')).toMatchObject({ dropped: 0, held: 0 });
      const connections = ledger.find(({ name }) => name === 'connections')!;
      const [, leftOut] = /own export (\d+)/.exec(connections.remarks)!;
      expect(Number(leftOut), 'its pushes, which would be logged for ever').toBeGreaterThan(0);
    });
  });
});
