import { afterAll, beforeAll, expect, it } from 'vitest';
import { elementOf, recordElements } from '../../src/ipfix/index.ts';
import { agentFile } from '../support/agent-file.ts';
import { startCapture } from '../support/capture.ts';
import { type Counted, loadRules, readCounters } from '../support/nftables.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { type TwoNodes, twoNodes } from '../support/topology.ts';
import {
  exchangeSctp,
  exchangeTcp,
  exchangeUdp,
  ping,
  startSctpServer,
  startTcpServer,
  startUdpEcho,
  startUdpSink,
} from '../support/traffic.ts';
import { address, decodeWithTshark, type TsharkRecord, text, unsigned } from '../support/tshark.ts';
import { until } from '../support/until.ts';
import { type LedgerLine, startWeir, stopWeir, weirProgram } from '../support/weir.ts';

/*
 * Two nodes with an agent each, one aggregator, real traffic between clients behind the nodes. The
 * aggregator's IPFIX is captured, decoded by tshark, and compared with the counts of nftables on each node.
 */

/** One kind of traffic from client a to client b. */
interface Kind {
  family: 4 | 6;
  protocol: number;
  /** After destination NAT; 0 for ICMP. */
  destinationPort: number;
}

const kinds = {
  tcp4: { family: 4, protocol: 6, destinationPort: 8080 },
  tcp6: { family: 6, protocol: 6, destinationPort: 8080 },
  udp4: { family: 4, protocol: 17, destinationPort: 5000 },
  udp6: { family: 6, protocol: 17, destinationPort: 5000 },
  sctp4: { family: 4, protocol: 132, destinationPort: 9000 },
  sctp6: { family: 6, protocol: 132, destinationPort: 9000 },
  icmp4: { family: 4, protocol: 1, destinationPort: 0 },
  icmp6: { family: 6, protocol: 58, destinationPort: 0 },
  /** To an address that node a translates to client b. */
  service: { family: 4, protocol: 6, destinationPort: 8081 },
  /** To a port of node b that node b translates to client b: node a never sees the client's address. */
  nodePort: { family: 4, protocol: 6, destinationPort: 8082 },
  /** Node a translates its source: node b never sees client a's address. */
  sourceNat: { family: 4, protocol: 6, destinationPort: 8083 },
} as const satisfies Record<string, Kind>;

type KindName = keyof typeof kinds;
const kindNames = Object.keys(kinds) as KindName[];

const serviceAddress = '10.96.0.1';
const nodePort = 30080;

/** Counts each kind in each direction as it passes a node. */
function countingRules(): string {
  const counters: string[] = [];
  const rules: string[] = [];
  for (const name of kindNames) {
    const { family, protocol, destinationPort } = kinds[name];
    const layer4 = `meta nfproto ipv${family} meta l4proto ${protocol}`;
    const ports = name === 'nodePort' ? `{ ${destinationPort}, ${nodePort} }` : destinationPort;
    const port = destinationPort === 0 ? '' : `ct reply proto-src ${ports}`;
    for (const [direction, counter] of [
      ['original', name],
      ['reply', `${name}Reverse`],
    ]) {
      counters.push(`counter ${counter} {}`);
      rules.push(`${layer4} ${port} ct direction ${direction} counter name ${counter}`);
    }
  }
  return `table inet counting {
    ${counters.join('\n')}
    chain forward {
      type filter hook forward priority 0
      ${rules.join('\n')}
    }
  }`;
}

const natOfNodeA = `table ip nat {
  chain prerouting {
    type nat hook prerouting priority dstnat
    ip daddr ${serviceAddress} tcp dport 80 dnat to 10.10.2.2:8081
  }
  chain postrouting {
    type nat hook postrouting priority srcnat
    tcp dport 8083 snat to 10.0.0.1:40000-40009
  }
}`;

const natOfNodeB = `table ip nat {
  chain prerouting {
    type nat hook prerouting priority dstnat
    ip daddr 10.0.0.2 tcp dport ${nodePort} dnat to 10.10.2.2:8082
  }
}`;

/** Makes each kind of traffic once. The octets differ between kinds and directions. */
async function makeTraffic({ a, b }: TwoNodes): Promise<void> {
  const [from, to] = [a.client, b.client];
  for (const family of ['v4', 'v6'] as const) {
    const host = b.clientAddress[family];
    await using _tcp = await startTcpServer(to, { port: 8080, replyOctets: 20_000 });
    // Open for longer than the active timeout: several records of one flow.
    await exchangeTcp(from, { host, port: 8080, octets: 70_000, holdMs: 7_000 });
    await using _udp = await startUdpEcho(to, 5000);
    await exchangeUdp(from, { host, port: 5000, octets: 333, datagrams: 7 });
    await using _sctp = await startSctpServer(to, host, 9000);
    await exchangeSctp(from, { from: a.clientAddress[family], host, port: 9000, localPort: 9001, chunks: 3 });
    await ping(from, { host, count: 5, octets: 100, id: 7 });
  }
  for (const [serverPort, host, port] of [
    [8081, serviceAddress, 80],
    [8082, b.underlayAddress.v4, nodePort],
    [8083, b.clientAddress.v4, 8083],
  ] as const) {
    await using _server = await startTcpServer(to, { port: serverPort, replyOctets: serverPort });
    await exchangeTcp(from, { host, port, octets: 10_000 + serverPort });
  }
}

/** All records of one flow, in order, as tshark decodes them. */
class Flow {
  readonly records: readonly TsharkRecord[];

  constructor(records: readonly TsharkRecord[]) {
    this.records = records;
  }

  /** Names of the elements in the last record. */
  get names(): string[] {
    return this.#last.fields.map(({ enterprise, id }) => elementOf(enterprise, id).name);
  }

  number(name: string): number {
    return Number(unsigned(fieldOf(this.#last, name)));
  }

  text(name: string): string {
    return text(fieldOf(this.#last, name));
  }

  address(name: string): string {
    return address(fieldOf(this.#last, name));
  }

  /** A counter summed over all records. */
  sum(name: string): number {
    return this.records.reduce(
      (sum, record) => sum + Number(findField(record, name) ? unsigned(fieldOf(record, name)) : 0n),
      0,
    );
  }

  get #last(): TsharkRecord {
    return this.records.at(-1)!;
  }
}

const findField = (record: TsharkRecord, name: string) =>
  record.fields.find(({ enterprise, id }) => elementOf(enterprise, id).name === name);

function fieldOf(record: TsharkRecord, name: string) {
  const field = findField(record, name);
  if (field === undefined) throw new Error(`the record has no ${name}`);
  return field;
}

/** Sorts records by their kind of traffic, and leaves out others. */
function byKind(records: readonly TsharkRecord[]): Record<KindName, Flow> {
  const numberIn = (record: TsharkRecord, name: string) => Number(unsigned(fieldOf(record, name)));
  const ofKind = (name: KindName) => {
    const { family, protocol, destinationPort } = kinds[name];
    return records.filter(
      (record) =>
        findField(record, `sourceIPv${family}Address`) !== undefined &&
        numberIn(record, 'protocolIdentifier') === protocol &&
        numberIn(record, 'destinationTransportPort') === destinationPort,
    );
  };
  return Object.fromEntries(kindNames.map((name) => [name, new Flow(ofKind(name))])) as Record<
    KindName,
    Flow
  >;
}

requires(
  'namespaces',
  'nft',
  'ping',
  'ethtool',
  'tcpdump',
  'tshark',
)('two nodes and an aggregator', () => {
  let nodes: TwoNodes;
  let directory: TemporaryDirectory;
  let flows: Record<KindName, Flow>;
  let counted: { a: Record<string, Counted>; b: Record<string, Counted> };
  let ledgers: LedgerLine[];
  let complaints: string[];

  beforeAll(async () => {
    nodes = await twoNodes();
    directory = new TemporaryDirectory();
    const { a, b, aggregator } = nodes;
    await loadRules(a.node, `${countingRules()}\n${natOfNodeA}`);
    await loadRules(b.node, `${countingRules()}\n${natOfNodeB}`);
    await using _collector = await startUdpSink(aggregator, 4740);
    const capture = await startCapture({
      namespace: aggregator,
      device: 'lo',
      file: directory.file('aggregated.pcap'),
      filter: 'udp dst port 4740',
    });
    const aggregating = await startWeir(
      aggregator,
      'aggregator',
      {
        aggregatorTransportProtocol: 'tcp',
        activeFlowRecordTimeout: '2s',
        clusterID: 'two nodes',
        flowCollector: { enable: true, address: '127.0.0.1:4740:udp' },
      },
      directory,
    );
    const startAgent = (site: 'a' | 'b') => {
      const file = agentFile(nodes, site, {
        // On a busy machine an exchange may take seconds. It is idle before it is active for that long.
        flowExporter: { activeFlowExportTimeout: '60s', idleFlowExportTimeout: '3s' },
        weir: { clusterNetworks: ['10.10.0.0/16', 'fd10::/16', '10.0.0.0/24'] },
      });
      return startWeir(nodes[site].node, 'agent', file, directory);
    };
    const agentA = await startAgent('a');
    const agentB = await startAgent('b');
    await makeTraffic(nodes);
    counted = { a: await readCounters(a.node), b: await readCounters(b.node) };
    await until(
      'every flow to end or fall idle',
      async () => {
        const shown = await aggregator.run([
          process.execPath,
          weirProgram,
          'flows',
          '--last',
          '1000',
          '-o',
          'json',
        ]);
        const records = shown
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line));
        const over = records.filter(
          ({ flowEndReason, octetTotalCountFromSourceNode, octetTotalCountFromDestinationNode }) =>
            ['EndOfFlow', 'IdleTimeout'].includes(flowEndReason) &&
            octetTotalCountFromSourceNode !== undefined &&
            octetTotalCountFromDestinationNode !== undefined,
        );
        return (
          new Set(
            over.map(
              ({ sourceIP, protocol, destinationTransportPort }) =>
                `${sourceIP} ${protocol} ${destinationTransportPort}`,
            ),
          ).size >= kindNames.length
        );
      },
      { everyMs: 500 },
    );
    ledgers = [await stopWeir(agentA), await stopWeir(agentB), await stopWeir(aggregating)].flat();
    await capture.stop();
    const decoding = await decodeWithTshark(capture.file, { port: 4740 });
    complaints = decoding.complaints;
    flows = byKind(decoding.records);
  });

  afterAll(async () => {
    await nodes?.close();
    directory?.[Symbol.dispose]();
  });

  it.each(kindNames)(
    'counts %s to the octet as nftables does on both nodes, both halves in one record',
    (name) => {
      const flow = flows[name];
      const counters = (prefix: 'octet' | 'packet', node: 'Source' | 'Destination') => ({
        forward: flow.number(`${prefix}TotalCountFrom${node}Node`),
        reverse: flow.number(`reverse${prefix === 'octet' ? 'Octet' : 'Packet'}TotalCountFrom${node}Node`),
      });
      const seen = (site: 'a' | 'b', of: 'octets' | 'packets') => ({
        forward: counted[site][name]![of],
        reverse: counted[site][`${name}Reverse`]![of],
      });
      expect(seen('a', 'octets').forward).toBeGreaterThan(0);
      expect(counters('octet', 'Source')).toEqual(seen('a', 'octets'));
      expect(counters('packet', 'Source')).toEqual(seen('a', 'packets'));
      expect(counters('octet', 'Destination')).toEqual(seen('b', 'octets'));
      expect(counters('packet', 'Destination')).toEqual(seen('b', 'packets'));
    },
  );

  it.each(kindNames)('reports deltas of %s that sum to the totals, per direction and node', (name) => {
    const flow = flows[name];
    if (name.startsWith('tcp')) expect(flow.records.length).toBeGreaterThan(1);
    for (const observer of ['', 'FromSourceNode', 'FromDestinationNode']) {
      for (const counter of ['octet', 'packet', 'reverseOctet', 'reversePacket']) {
        expect(flow.sum(`${counter}DeltaCount${observer}`)).toBe(
          flow.number(`${counter}TotalCount${observer}`),
        );
      }
    }
  });

  it.each(kindNames)('takes the common counters of %s from the source node', (name) => {
    const flow = flows[name];
    for (const counter of ['octet', 'packet', 'reverseOctet', 'reversePacket']) {
      expect(flow.number(`${counter}TotalCount`)).toBe(flow.number(`${counter}TotalCountFromSourceNode`));
    }
  });

  it('names the ends and the nodes of each kind', () => {
    for (const name of kindNames) {
      const flow = flows[name];
      const { family } = kinds[name];
      const [source, destination] = family === 4 ? ['10.10.1.2', '10.10.2.2'] : ['fd10:1::2', 'fd10:2::2'];
      expect([name, flow.address(`sourceIPv${family}Address`)]).toEqual([name, source]);
      expect([name, flow.address(`destinationIPv${family}Address`)]).toEqual([name, destination]);
      expect([name, flow.text('sourceNodeName')]).toEqual([name, 'node-a']);
      expect([name, flow.text('destinationNodeName')]).toEqual([name, 'node-b']);
      expect([name, flow.number('flowType')]).toEqual([name, 2]);
    }
  });

  it('keeps addresses that NAT replaced: the Service, the node port, the source after NAT', () => {
    expect(flows.service.address('destinationServiceIPv4')).toBe(serviceAddress);
    expect(flows.service.number('destinationServicePort')).toBe(80);
    expect(flows.nodePort.address('destinationServiceIPv4')).toBe('10.0.0.2');
    expect(flows.nodePort.number('destinationServicePort')).toBe(nodePort);
    expect(flows.sourceNat.address('proxySnatIPv4')).toBe('10.0.0.1');
    expect(flows.sourceNat.number('proxySnatPort')).toBeGreaterThanOrEqual(40_000);
    for (const name of ['tcp4', 'service', 'nodePort'] as const) {
      expect([name, flows[name].address('proxySnatIPv4')]).toEqual([name, '0.0.0.0']);
    }
  });

  it('reports how each flow ended: TCP by its end, the others by idleness', () => {
    for (const name of kindNames) {
      const reason = kinds[name].protocol === 6 ? 3 : 1;
      expect([name, flows[name].number('flowEndReason')]).toEqual([name, reason]);
    }
    expect(flows.tcp4.text('tcpState')).toBe('TIME_WAIT');
    expect(flows.udp4.text('tcpState')).toBe('');
    expect(flows.icmp4.number('icmpTypeCodeIPv4')).toBe(8 * 256);
    expect(flows.icmp6.number('icmpTypeCodeIPv6')).toBe(128 * 256);
    expect(flows.icmp4.number('sourceTransportPort')).toBe(7);
  });

  it('puts every element of the aggregated record on the wire, each once', () => {
    const groupOfPackets = [
      'ipClassOfService',
      'tcpControlBits',
      'vlanId',
      'ingressInterface',
      'egressInterface',
    ];
    const absent = [...groupOfPackets, 'selectorName'];
    const expected = recordElements.aggregated.filter((name) => !absent.includes(name));
    expect(flows.tcp4.names.toSorted()).toEqual(expected.toSorted());
    expect(flows.tcp6.names.toSorted()).toEqual(
      expected
        .map((name) => name.replace(/(?<=IP|Code)v4|IPv4(?=$)/, (match) => match.replace('4', '6')))
        .toSorted(),
    );
    expect(flows.tcp4.text('clusterId')).toBe('two nodes');
  });

  it('has consistent times: start before end, milliseconds within their seconds', () => {
    for (const name of kindNames) {
      const flow = flows[name];
      const [start, end] = [flow.number('flowStartMilliseconds'), flow.number('flowEndMilliseconds')];
      expect(end).toBeGreaterThanOrEqual(start);
      expect(Math.abs(Date.now() - start)).toBeLessThan(1_500_000);
      expect(flow.number('flowStartSeconds')).toBe(Math.floor(start / 1000));
      expect(flow.number('flowEndSeconds')).toBe(Math.floor(end / 1000));
      for (const node of ['Source', 'Destination']) {
        expect(Math.abs(flow.number(`flowEndSecondsFrom${node}Node`) * 1000 - end)).toBeLessThan(3_000);
      }
    }
  });

  it('balances every account of all processes, without a decode error, a loss or a warning of tshark', () => {
    expect(ledgers.filter(({ closes }) => !closes)).toEqual([]);
    expect(complaints).toEqual([]);
    const account = (name: string) => ledgers.filter((line) => line.name === name);
    expect(account('ipfix out').map(({ dropped }) => dropped)).toEqual([0, 0]);
    expect(account('ipfix in')).toMatchObject([
      {
        dropped: 0,
        remarks: expect.stringMatching(/^options records \d+(, packets not metered by exporter \d+)?$/),
      },
    ]);
  });
});
