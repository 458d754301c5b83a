import type { NetworkNamespace } from './namespace.ts';
import type { Program } from './program.ts';

/*
 * Real traffic between namespaces, by programs with a payload known to the octet. The programs are in
 * traffic/. Hosts are addresses, IPv4 or IPv6.
 */

const script = (name: string) => new URL(`./traffic/${name}.ts`, import.meta.url);

export interface TcpConnection {
  localPort: number;
  /** Payload octets from client to server. */
  sent: number;
  /** Payload octets from server to client. */
  received: number;
  durationMs: number;
}

/**
 * Starts a TCP server on all addresses that reads each connection to its end and then answers `replyOctets`.
 */
export async function startTcpServer(
  namespace: NetworkNamespace,
  { port, replyOctets = 0 }: { port: number; replyOctets?: number },
): Promise<Program> {
  const server = namespace.startModule(script('tcp-server'), [`${port}`, `${replyOctets}`]);
  await server.says(/listening/);
  return server;
}

export interface TcpOptions {
  host: string;
  port: number;
  /** Payload of each connection, client to server. */
  octets: number;
  /** Default 1. */
  connections?: number;
  /** Connections at a time, default 1. */
  concurrency?: number;
  /** How long each stays open after its payload is sent, default 0. */
  holdMs?: number;
  timeoutMs?: number;
}

/**
 * Makes TCP connections to a server of `startTcpServer` and returns one entry for each, in the order in which
 * they ended.
 */
export async function exchangeTcp(
  namespace: NetworkNamespace,
  { timeoutMs = 120_000, ...options }: TcpOptions,
): Promise<TcpConnection[]> {
  return JSON.parse(await startTcpClient(namespace, options).succeeds(timeoutMs));
}

/**
 * Starts TCP connections to a server of `startTcpServer`, one after the other or several at a time.
 */
export function startTcpClient(namespace: NetworkNamespace, options: Omit<TcpOptions, 'timeoutMs'>): Program {
  const asked = { connections: 1, concurrency: 1, holdMs: 0, ...options };
  return namespace.startModule(script('tcp-client'), [JSON.stringify(asked)]);
}

/** Starts a UDP server on all addresses that sends every datagram back. */
export async function startUdpEcho(namespace: NetworkNamespace, port: number): Promise<Program> {
  const server = namespace.startModule(script('udp-echo'), [`${port}`]);
  await server.says(/listening/);
  return server;
}

/** Starts a UDP server on all addresses that answers nothing. */
export async function startUdpSink(namespace: NetworkNamespace, port: number): Promise<Program> {
  const server = namespace.startModule(script('udp-sink'), [`${port}`]);
  await server.says(/listening/);
  return server;
}

/** Sends datagrams of `octets` payload to an IPv4 host at a rate that Node's own sockets do not reach. */
export function startUdpBlast(
  namespace: NetworkNamespace,
  options: { host: string; port: number; octets: number; datagrams: number; perSecond: number },
): Program {
  return namespace.startModule(script('udp-blast'), [JSON.stringify({ ports: 1, ...options })]);
}

export interface UdpExchange {
  localPort: number;
  /** Payload octets. */
  sent: number;
  received: number;
}

/** Sends datagrams of `octets` payload to an echo server, one after the other, from one port. */
export async function exchangeUdp(
  namespace: NetworkNamespace,
  options: { host: string; port: number; octets: number; datagrams?: number; localPort?: number },
): Promise<UdpExchange> {
  const asked = { datagrams: 1, localPort: 0, ...options };
  return JSON.parse(await namespace.startModule(script('udp-client'), [JSON.stringify(asked)]).succeeds());
}

/**
 * Pings and throws unless every request is answered. `octets` is the payload after the 8-octet ICMP header.
 */
export async function ping(
  namespace: NetworkNamespace,
  { host, count = 1, octets = 56, id }: { host: string; count?: number; octets?: number; id?: number },
): Promise<void> {
  const identifier = id === undefined ? [] : ['-e', `${id}`];
  await namespace.run([
    'ping',
    '-n',
    '-q',
    '-c',
    `${count}`,
    '-i',
    '0.01',
    '-s',
    `${octets}`,
    '-W',
    '2',
    ...identifier,
    host,
  ]);
}

export interface SctpAssociation {
  localPort: number;
  /** Packets and their octets with IP headers, as conntrack and nftables count them, client to server. */
  sentPackets: number;
  sentOctets: number;
  /** The same, server to client. */
  receivedPackets: number;
  receivedOctets: number;
}

/**
 * Starts an SCTP endpoint of raw packets (the kernel needs no SCTP sockets) that accepts associations on
 * `port`.
 */
export async function startSctpServer(
  namespace: NetworkNamespace,
  host: string,
  port: number,
): Promise<Program> {
  const server = namespace.startModule(script('sctp'), ['serve', host, `${port}`]);
  await server.says(/listening/);
  return server;
}

/** One SCTP association: handshake, `chunks` data chunks of `octets` each, acknowledged, and shutdown. */
export async function exchangeSctp(
  namespace: NetworkNamespace,
  options: { from: string; host: string; port: number; localPort: number; chunks?: number; octets?: number },
): Promise<SctpAssociation> {
  const asked = { chunks: 1, octets: 100, ...options };
  return JSON.parse(
    await namespace.startModule(script('sctp'), ['associate', JSON.stringify(asked)]).succeeds(),
  );
}
