import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { agentFile } from '../support/agent-file.ts';
import { loadRules, readCounters } from '../support/nftables.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { type TwoNodes, twoNodes } from '../support/topology.ts';
import { until } from '../support/until.ts';
import { startWeir } from '../support/weir.ts';

/*
 * Client a knocks at client b, through both nodes. A firewall on one of the two denies packets to a port, or
 * from it. Each connection is one flow at the aggregator, from the client, with the rule and the packets that
 * nftables counted.
 */

interface Denial {
  at: 'a' | 'b';
  does: 'drop' | 'reject';
  match: 'dport' | 'sport';
  protocol?: 'udp';
}

const denials: Readonly<Record<number, Denial>> = {
  9001: { at: 'b', does: 'reject', match: 'dport' },
  9002: { at: 'b', does: 'drop', match: 'dport' },
  9003: { at: 'a', does: 'reject', match: 'dport' },
  9004: { at: 'a', does: 'drop', match: 'dport' },
  9005: { at: 'b', does: 'drop', match: 'sport' },
  9006: { at: 'a', does: 'drop', match: 'sport' },
  9007: { at: 'b', does: 'drop', match: 'dport', protocol: 'udp' },
  9008: { at: 'b', does: 'drop', match: 'sport', protocol: 'udp' },
};
const ports = Object.keys(denials).map(Number);

/** Rules that log, count and deny a node's share. */
function rulesOf(at: 'a' | 'b'): string {
  const own = Object.entries(denials).filter(([, denial]) => denial.at === at);
  const rules = own.map(([port, { does, match, protocol = 'tcp' }]) => {
    const verdict = does === 'drop' ? 'drop' : 'reject with tcp reset';
    return `${protocol} ${match} ${port} counter name "p${port}" log group 7 prefix "${does} forward:${port}" ${verdict}`;
  });
  return `table inet firewall {
    ${own.map(([port]) => `counter p${port} {}`).join('\n')}
    chain forward { type filter hook forward priority 0; ${rules.join('\n')}
    }
  }`;
}

const server = `
  import { createServer } from 'node:net';
  import { createSocket } from 'node:dgram';
  for (const port of [9005, 9006]) createServer().listen(port, '::');
  const udp = createSocket('udp6').bind(9008, '::', () => console.log('listening'));
  udp.on('message', (_, { address, port }) => udp.send('no', port, address));
`;

const client = (host: string) => `
  import { connect } from 'node:net';
  import { createSocket } from 'node:dgram';
  for (const port of [9001, 9002, 9003, 9004, 9005, 9006]) {
    const socket = connect({ host: '${host}', port }).on('error', () => {});
    setTimeout(() => socket.destroy(), 1_500);
  }
  for (const port of [9007, 9008]) {
    const udp = createSocket('${host.includes(':') ? 'udp6' : 'udp4'}').on('error', () => {});
    udp.send('hello', port, '${host}');
    setTimeout(() => udp.close(), 1_500);
  }
`;

type Line = Record<string, unknown>;

/** Denied packets of these records. */
function deniedOf(lines: readonly Line[], match: Denial['match']): number {
  const field = match === 'dport' ? 'packetDeltaCount' : 'reversePacketDeltaCount';
  return lines.reduce((sum, line) => sum + Number(line[field] ?? 0), 0);
}

const evaluate = (source: string) => [process.execPath, '--input-type=module', '--eval', source];

class DeniedFlows implements AsyncDisposable {
  readonly nodes: TwoNodes;
  readonly directory = new TemporaryDirectory();

  constructor(nodes: TwoNodes) {
    this.nodes = nodes;
  }

  async startAgent(site: 'a' | 'b') {
    const file = agentFile(this.nodes, site, {
      flowExporter: { activeFlowExportTimeout: '2s', idleFlowExportTimeout: '5s' },
      weir: { denied: { groups: [7] } },
    });
    return startWeir(this.nodes[site].node, 'agent', file, this.directory);
  }

  startAggregator() {
    return startWeir(
      this.nodes.aggregator,
      'aggregator',
      {
        aggregatorTransportProtocol: 'tcp',
        activeFlowRecordTimeout: '2s',
        weir: { sinks: [{ jsonLines: { path: this.directory.file('flows.jsonl') } }] },
      },
      this.directory,
    );
  }

  /**
   * Knocks at all ports, by IPv4 and IPv6, waits for records of some, and ends the agents and the aggregator.
   * Counts what the firewalls have denied before and after that, because servers continue to answer in
   * between.
   */
  async knock(agentsAt: readonly ('a' | 'b')[], awaited: readonly number[]) {
    const { a, b } = this.nodes;
    for (const site of ['a', 'b'] as const) await loadRules(this.nodes[site].node, rulesOf(site));
    await b.client.start(evaluate(server)).says(/listening/);
    const programs = [await this.startAggregator()];
    for (const at of agentsAt) programs.unshift(await this.startAgent(at));
    for (const host of Object.values(b.clientAddress)) await a.client.run(evaluate(client(host)));
    const isTold = (port: number) => {
      const ofPort = this.lines.filter((line) => line.destinationTransportPort === port);
      return new Set(ofPort.map((line) => line.sourceTransportPort)).size === 2;
    };
    await until('records of both families', () => awaited.every(isTold));
    const before = await this.counted();
    for (const program of programs) await program.stop();
    return { lines: this.lines, counted: { before, after: await this.counted() } };
  }

  /** Packets that each port's rule has denied. */
  async counted(): Promise<Record<string, number>> {
    const { a, b } = this.nodes;
    const counters = { ...(await readCounters(a.node)), ...(await readCounters(b.node)) };
    return Object.fromEntries(ports.map((port) => [port, counters[`p${port}`]!.packets]));
  }

  get lines(): Line[] {
    const file = this.directory.file('flows.jsonl');
    if (!existsSync(file)) return [];
    return readFileSync(file, 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.nodes.close();
    this.directory[Symbol.dispose]();
  }
}

requires(
  'namespaces',
  'nft',
  'ethtool',
)('a connection denied on its way over two nodes', () => {
  it('is one flow from the client, with the rule and each denied packet once', async () => {
    await using flows = new DeniedFlows(await twoNodes());
    const { lines, counted } = await flows.knock(['a', 'b'], ports);
    for (const [port, { at, does, match }] of Object.entries(denials)) {
      const ofPort = lines.filter((line) => line.destinationTransportPort === Number(port));
      // One of IPv4 and one of IPv6. Node b never sees packets that node a denies.
      expect(new Set(ofPort.map((line) => line.sourceTransportPort))).toHaveProperty('size', 2);
      const side = at === 'a' ? 'egress' : 'ingress';
      const destinationNodeName = at === 'a' && match === 'dport' ? undefined : 'node-b';
      for (const line of ofPort) {
        expect(line).toMatchObject({
          sourceNodeName: 'node-a',
          biflowDirection: 'Initiator',
          [`${side}NetworkPolicyRuleName`]: port,
          [`${side}NetworkPolicyRuleAction`]: does === 'drop' ? 'Drop' : 'Reject',
        });
        expect(line.destinationNodeName).toBe(destinationNodeName);
      }
      expect(deniedOf(ofPort, match)).toBeGreaterThanOrEqual(counted.before[port]!);
      expect(deniedOf(ofPort, match)).toBeLessThanOrEqual(counted.after[port]!);
    }
  });

  it('is one flow from the client even if only the denying node has an agent', async () => {
    await using flows = new DeniedFlows(await twoNodes());
    const ofB = ports.filter((port) => denials[port]!.at === 'b');
    const { lines, counted } = await flows.knock(['b'], ofB);
    for (const port of ofB) {
      const { does, match } = denials[port]!;
      const ofPort = lines.filter((line) => line.destinationTransportPort === port);
      expect(new Set(ofPort.map((line) => line.sourceTransportPort))).toHaveProperty('size', 2);
      for (const line of ofPort) {
        expect(line).toMatchObject({
          destinationNodeName: 'node-b',
          ingressNetworkPolicyRuleName: `${port}`,
          ingressNetworkPolicyRuleAction: does === 'drop' ? 'Drop' : 'Reject',
        });
      }
      expect(deniedOf(ofPort, match)).toBeGreaterThanOrEqual(counted.before[port]!);
      expect(deniedOf(ofPort, match)).toBeLessThanOrEqual(counted.after[port]!);
    }
  });
});
