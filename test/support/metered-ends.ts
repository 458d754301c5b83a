import type { FlowRecord } from '../../src/flow/index.ts';
import { startCapture } from './capture.ts';
import { connect, createNamespace, type NetworkNamespace } from './namespace.ts';
import type { Need } from './needs.ts';
import { trackConnections } from './nftables.ts';
import {
  exchangeTcp,
  exchangeUdp,
  ping,
  startTcpServer,
  startUdpBlast,
  startUdpEcho,
  startUdpSink,
} from './traffic.ts';
import { until } from './until.ts';

/*
 * A client and a server whose traffic foreign programs meter, and whose kernels count each connection:
 *
 *     await using ends = await makeEnds();
 *     await talk(ends);                          // traffic of every kind
 *     expect(trafficOf(flows)).toEqual(await readTraffic(ends));
 */

export const meteringNeeds: Need[] = ['namespaces', 'tcpdump', 'ethtool', 'ping', 'nft', 'conntrack'];

/** Where exporters send to: loopback of the namespace in which they run. */
export const ipfixPort = 4739;

const addresses = {
  client: { v4: '10.30.0.1', v6: 'fd30::1' },
  server: { v4: '10.30.0.2', v6: 'fd30::2' },
};

/** A client and a server that are connected by `eth0`, without offloads. */
export interface Ends extends AsyncDisposable {
  readonly client: NetworkNamespace;
  readonly server: NetworkNamespace;
}

/** @param between connects both by a switch of this namespace, at its ports `port1` and `port2` */
export async function makeEnds(between?: NetworkNamespace): Promise<Ends> {
  const ends = { client: await createNamespace('client'), server: await createNamespace('server') };
  const linkOf = (name: 'client' | 'server') => {
    const { v4, v6 } = addresses[name];
    return { namespace: ends[name], device: 'eth0', addresses: [`${v4}/24`, `${v6}/64`] };
  };
  if (between === undefined) await connect(linkOf('client'), linkOf('server'));
  else {
    await connect(linkOf('client'), { namespace: between, device: 'port1', addresses: [] });
    await connect(linkOf('server'), { namespace: between, device: 'port2', addresses: [] });
  }
  for (const end of [ends.client, ends.server]) {
    await end.disableOffloads('eth0');
    await trackConnections(end);
    for (const sysctl of ['acct', 'timestamp']) end.setSysctl(`net.netfilter.nf_conntrack_${sysctl}`, 1);
    for (const kind of ['icmp_timeout', 'udp_timeout', 'tcp_timeout_close', 'tcp_timeout_time_wait']) {
      end.setSysctl(`net.netfilter.nf_conntrack_${kind}`, longerThanTestsSeconds);
    }
  }
  const close = async () => {
    await ends.client.close();
    await ends.server.close();
  };
  return { ...ends, [Symbol.asyncDispose]: close };
}

const longerThanTestsSeconds = 600;

/** Records what is sent to the collector's port of the namespace's loopback. */
export function captureExports(namespace: NetworkNamespace, file: string) {
  return startCapture({ namespace, device: 'lo', file, filter: `udp dst port ${ipfixPort}` });
}

/** Some traffic of every kind over both families. */
export async function talk({ client, server }: Ends): Promise<void> {
  await using _tcp = await startTcpServer(server, { port: 8080, replyOctets: 5_000 });
  await using _udp = await startUdpEcho(server, 5000);
  for (const host of [addresses.server.v4, addresses.server.v6]) {
    await ping(client, { host, count: 3 });
    await exchangeTcp(client, { host, port: 8080, octets: 20_000, connections: 20, concurrency: 5 });
    for (const octets of [10, 500]) await exchangeUdp(client, { host, port: 5000, octets, datagrams: 3 });
  }
}

const fillerPort = 5001;
/** More than libpcap keeps back: a block of 256 KiB. */
const fillerDatagrams = 5_000;

/** Sends so many packets that programs which read them in blocks get all the packets before. */
export async function fillBuffers({ client, server }: Ends): Promise<void> {
  await using _sink = await startUdpSink(server, fillerPort);
  const datagrams = { octets: 64, datagrams: fillerDatagrams, perSecond: 50_000 };
  await startUdpBlast(client, { host: addresses.server.v4, port: fillerPort, ...datagrams }).succeeds();
}

/** What the receiving kernel counted of one direction of a connection. */
export interface WayCount {
  readonly packets: number;
  readonly octets: number;
  /** Of the connection's first packet. */
  readonly startMs: number;
}

/** Counters by direction: 'tcp 10.30.0.1:40000 > 10.30.0.2:8080'. */
export type Traffic = ReadonlyMap<string, WayCount>;

const list = (end: NetworkNamespace) => end.run(['conntrack', '-L', '-o', 'xml,ktimestamp']);

/** Waits until both kernels have seen the last packet of each TCP connection. */
export async function connectionsEnded({ client, server }: Ends): Promise<void> {
  await until('the last packet of each TCP connection', async () => {
    const states = `${await list(client)}${await list(server)}`.matchAll(/<state>(\w+)<\/state>/g);
    return [...states].every(([, state]) => state === 'TIME_WAIT' || state === 'CLOSE');
  });
}

/**
 * What the client and the server exchanged over TCP, UDP and ICMP. Each direction is read where it arrives:
 * a sender's kernel may count several segments as one packet. ICMPv6 is left out, since connection tracking
 * does not see its neighbour discovery.
 */
export async function readTraffic(ends: Ends): Promise<Traffic> {
  await connectionsEnded(ends);
  const sent = readListing(await list(ends.server)).map(({ original, startMs }) => ({
    ...original,
    startMs,
  }));
  const returned = readListing(await list(ends.client)).map(({ reply, startMs }) => ({ ...reply, startMs }));
  return new Map([...sent, ...returned].map(({ way, ...counters }) => [way, counters]));
}

/** Both directions of each connection together, by one end's kernel, under the first direction's name. */
export async function readConnections(end: NetworkNamespace): Promise<Traffic> {
  const connections = readListing(await list(end));
  return new Map(
    connections.map(({ original, reply, startMs }) => [
      original.way,
      { packets: original.packets + reply.packets, octets: original.octets + reply.octets, startMs },
    ]),
  );
}

/** Each connection of `conntrack -L -o xml,ktimestamp` between the two ends, except those of ICMPv6. */
function readListing(xml: string) {
  return [...xml.matchAll(/<flow>.*?<\/flow>/g)].flatMap(([flow]) => {
    const value = (text: string, tag: string) => text.match(new RegExp(`<${tag}>(.*?)</${tag}>`))?.[1];
    const readWay = (direction: string) => {
      const text = flow.match(new RegExp(`<meta direction="${direction}">(.*?)</meta>`))![1]!;
      const number = (tag: string) => Number(value(text, tag) ?? 0);
      const protocol = text.match(/<layer4 protonum="\d+" protoname="(\w+)"/)![1]!;
      const ends = { source: value(text, 'src')!, destination: value(text, 'dst')! };
      const way = nameWay(protocol, {
        ...ends,
        sourcePort: number('sport'),
        destinationPort: number('dport'),
      });
      return { way, packets: number('packets'), octets: number('bytes') };
    };
    const startMs = Math.floor(Number(value(flow, 'start')) / 1e6);
    const connection = { original: readWay('original'), reply: readWay('reply'), startMs };
    const isBetweenEnds =
      flow.includes(`>${addresses.server.v4}<`) || flow.includes(`>${addresses.server.v6}<`);
    return isBetweenEnds && !flow.includes('"icmpv6"') ? [connection] : [];
  });
}

/** What an exporter sent of some traffic. */
export interface MeteredCapture {
  /** A pcap with its messages to `ipfixPort`. */
  readonly file: string;
  /** What the kernels of both ends counted of the same. */
  readonly traffic: Traffic;
}

interface Way {
  source: string;
  destination: string;
  sourcePort: number;
  destinationPort: number;
}

function nameWay(protocol: string, { source, sourcePort, destination, destinationPort }: Way): string {
  return `${protocol} ${source}:${sourcePort} > ${destination}:${destinationPort}`;
}

const protocolNames: Readonly<Record<number, string>> = { 1: 'icmp', 6: 'tcp', 17: 'udp' };

/**
 * The same of flow records between the two ends, summed up. Ports of ICMP are 0, as in the kernel's table.
 */
export function trafficOf(flows: readonly FlowRecord[]): Traffic {
  const traffic = new Map<string, WayCount>();
  const add = (way: string, packets: number, octets: number, startMs: number) => {
    const before = traffic.get(way) ?? { packets: 0, octets: 0, startMs };
    traffic.set(way, {
      packets: before.packets + packets,
      octets: before.octets + octets,
      startMs: Math.min(before.startMs, startMs),
    });
  };
  for (const flow of flows) {
    const protocol = protocolNames[flow.protocolIdentifier!];
    if (protocol === undefined) continue;
    const [source, destination] = [flow.sourceIP!, flow.destinationIP!];
    const ports = protocol === 'icmp' ? [0, 0] : [flow.sourceTransportPort!, flow.destinationTransportPort!];
    const [sourcePort, destinationPort] = [ports[0]!, ports[1]!];
    if (destinationPort === fillerPort || source.startsWith('127.')) continue;
    const startMs = flow.flowStartMilliseconds!;
    const way = nameWay(protocol, { source, sourcePort, destination, destinationPort });
    add(way, flow.packetDeltaCount!, flow.octetDeltaCount!, startMs);
    if (flow.reverseOctetDeltaCount === undefined) continue;
    const back = nameWay(protocol, {
      source: destination,
      sourcePort: destinationPort,
      destination: source,
      destinationPort: sourcePort,
    });
    add(back, flow.reversePacketDeltaCount!, flow.reverseOctetDeltaCount, startMs);
  }
  return traffic;
}

/** How far a start may be from the kernel's: some exporters have whole seconds, or see packets late. */
const START_TOLERANCE_MS = 10_000;

/** Each direction with other counters or another start than in the kernel; empty if all are equal. */
export function differences(seen: Traffic, kernel: Traffic): string[] {
  return [...new Set([...seen.keys(), ...kernel.keys()])].flatMap((way) => {
    const [one, other] = [seen.get(way), kernel.get(way)];
    const isEqual =
      one?.packets === other?.packets &&
      one?.octets === other?.octets &&
      Math.abs(one!.startMs - other!.startMs) < START_TOLERANCE_MS;
    return isEqual ? [] : [`${way}: ${JSON.stringify(one)}, the kernel counted ${JSON.stringify(other)}`];
  });
}
