import { formatAddress, IPV4_MAPPED } from '../../flow/index.ts';
import { viewOf } from './pcap.ts';

/** The payload of one IP packet. */
export interface IpPacket {
  readonly protocol: number;
  readonly source: string;
  readonly destination: string;
  readonly payload: Uint8Array;
  /** Octets of the payload that the capture cut off. */
  readonly missingOctets: number;
  /** The place of this payload in the whole packet; undefined when this is the whole. */
  readonly fragment: { readonly id: number; readonly offset: number; readonly isLast: boolean } | undefined;
}

const IPV6_FRAGMENT = 44;
/** IPv6 extension headers that may precede the payload: hop-by-hop, routing, destination options. */
const IPV6_EXTENSIONS = new Set([0, 43, 60]);

/** Undefined when the packet is truncated within its headers. */
export function ipPacket(octets: Uint8Array): IpPacket | undefined {
  return octets[0]! >>> 4 === 4 ? ipv4Packet(octets) : ipv6Packet(octets);
}

/**
 *     version, header words (1) | TOS (1) | length (2) | id (2) | flags, fragment offset (2) | TTL (1) |
 *     protocol (1) | checksum (2) | source (4) | destination (4) | options
 *
 * RFC 791 section 3.1.
 */
function ipv4Packet(octets: Uint8Array): IpPacket | undefined {
  if (octets.length < 20) return undefined;
  const view = viewOf(octets);
  const header = (octets[0]! & 15) * 4;
  if (header < 20) return undefined;
  const length = view.getUint16(2) || octets.length; // 0 when the network card segments the packet
  const flags = view.getUint16(6);
  const addressAt = (at: number) => formatAddress([0, 0, IPV4_MAPPED, view.getUint32(at)]);
  const hasMore = (flags & 0x2000) !== 0;
  const offset = (flags & 0x1fff) * 8;
  return {
    protocol: octets[9]!,
    source: addressAt(12),
    destination: addressAt(16),
    payload: octets.subarray(header, length),
    missingOctets: Math.max(0, length - octets.length),
    fragment: hasMore || offset > 0 ? { id: view.getUint16(4), offset, isLast: !hasMore } : undefined,
  };
}

/**
 *     version, class, label (4) | payload length (2) | next header (1) | hop limit (1) | source (16) |
 *       destination (16)
 *     extension: next header (1) | further words of 8 octets (1) | …
 *     fragment:  next header (1) | reserved (1) | offset, more (2) | id (4)
 *
 * RFC 8200 sections 3 and 4.
 */
function ipv6Packet(octets: Uint8Array): IpPacket | undefined {
  if (octets.length < 40) return undefined;
  const view = viewOf(octets);
  const length = 40 + view.getUint16(4);
  const addressAt = (at: number) => formatAddress([0, 4, 8, 12].map((word) => view.getUint32(at + word)));
  let fragment: IpPacket['fragment'];
  let protocol = octets[6]!;
  let header = 40;
  while ((IPV6_EXTENSIONS.has(protocol) || protocol === IPV6_FRAGMENT) && header + 8 <= octets.length) {
    const isFragment = protocol === IPV6_FRAGMENT;
    protocol = octets[header]!;
    if (isFragment) {
      const flags = view.getUint16(header + 2);
      fragment = { id: view.getUint32(header + 4), offset: flags & 0xfff8, isLast: (flags & 1) === 0 };
    }
    header += isFragment ? 8 : (octets[header + 1]! + 1) * 8;
  }
  return {
    protocol,
    source: addressAt(8),
    destination: addressAt(24),
    payload: octets.subarray(header, length),
    missingOctets: Math.max(0, length - octets.length),
    fragment,
  };
}
