import { formatAddress, IPV4_MAPPED } from '../../flow/index.ts';
import { viewOf } from './pcap.ts';

/** What UDP or TCP carries in one IP packet. */
export interface TransportPacket {
  readonly protocol: 'udp' | 'tcp';
  /** Address and port of the sender and the receiver: 10.0.0.1:4739, [fd00::1]:4739. */
  readonly source: string;
  readonly destination: string;
  readonly destinationPort: number;
  readonly payload: Uint8Array;
  /** Octets of the payload that the capture cut off. */
  readonly missingOctets: number;
  /** TCP only. */
  readonly sequence: number;
  readonly flags: number;
}

export const TcpFlag = { fin: 1, syn: 2, rst: 4 } as const;

const UDP = 17;
const TCP = 6;
/** IPv6 extension headers that lie before the transport header: hop-by-hop, routing, destination options. */
const EXTENSIONS = new Set([0, 43, 60]);

interface IpPayload {
  readonly protocol: number;
  readonly source: string;
  readonly destination: string;
  readonly octets: Uint8Array;
  readonly missingOctets: number;
}

/** Undefined when it is neither, is a fragment, or is cut off within its headers. */
export function transportPacketOf(packet: Uint8Array): TransportPacket | undefined {
  const ip = packet[0]! >>> 4 === 4 ? ipv4PayloadOf(packet) : ipv6PayloadOf(packet);
  if (ip?.protocol === UDP) return udpOf(ip);
  return ip?.protocol === TCP ? tcpOf(ip) : undefined;
}

/**
 *     version, header words (1) | TOS (1) | length (2) | id (2) | flags, fragment (2) | TTL (1) | protocol (1) |
 *     checksum (2) | source (4) | destination (4) | options
 */
function ipv4PayloadOf(packet: Uint8Array): IpPayload | undefined {
  if (packet.length < 20) return undefined;
  const view = viewOf(packet);
  const header = (packet[0]! & 15) * 4;
  const isFragment = (view.getUint16(6) & 0x3fff) !== 0;
  if (header < 20 || isFragment) return undefined;
  const length = view.getUint16(2) || packet.length; // 0 where the network card cuts the packet up
  const address = (at: number) => formatAddress([0, 0, IPV4_MAPPED, view.getUint32(at)]);
  return {
    protocol: packet[9]!,
    source: address(12),
    destination: address(16),
    octets: packet.subarray(header, length),
    missingOctets: Math.max(0, length - packet.length),
  };
}

/**
 *     version, class, label (4) | payload length (2) | next header (1) | hop limit (1) | source (16) |
 *     destination (16) | extension headers, each: next header (1) | further 8-octet words (1) | …
 */
function ipv6PayloadOf(packet: Uint8Array): IpPayload | undefined {
  if (packet.length < 40) return undefined;
  const view = viewOf(packet);
  const length = 40 + view.getUint16(4);
  const address = (at: number) => formatAddress([0, 4, 8, 12].map((word) => view.getUint32(at + word)));
  let protocol = packet[6]!;
  let offset = 40;
  while (EXTENSIONS.has(protocol) && offset + 2 <= packet.length) {
    protocol = packet[offset]!;
    offset += (packet[offset + 1]! + 1) * 8;
  }
  return {
    protocol,
    source: address(8),
    destination: address(24),
    octets: packet.subarray(offset, length),
    missingOctets: Math.max(0, length - packet.length),
  };
}

/**
 *     source port (2) | destination port (2) | length (2) | checksum (2) | payload
 */
function udpOf(ip: IpPayload): TransportPacket | undefined {
  if (ip.octets.length < 8) return undefined;
  const length = viewOf(ip.octets).getUint16(4);
  return { ...endsOf(ip), protocol: 'udp', payload: ip.octets.subarray(8, length), sequence: 0, flags: 0 };
}

/**
 *     source port (2) | destination port (2) | sequence (4) | acknowledgement (4) | header words, flags (2) | …
 */
function tcpOf(ip: IpPayload): TransportPacket | undefined {
  if (ip.octets.length < 20) return undefined;
  const header = (ip.octets[12]! >>> 4) * 4;
  return {
    ...endsOf(ip),
    protocol: 'tcp',
    payload: ip.octets.subarray(header),
    sequence: viewOf(ip.octets).getUint32(4),
    flags: ip.octets[13]!,
  };
}

function endsOf({ source, destination, octets, missingOctets }: IpPayload) {
  const view = viewOf(octets);
  const end = (address: string, port: number) =>
    address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  return {
    source: end(source, view.getUint16(0)),
    destination: end(destination, view.getUint16(2)),
    destinationPort: view.getUint16(2),
    missingOctets,
  };
}
