import type { ByteReader } from '../wire/index.ts';
import { type SampledPacket, ShownTransport } from './sampled-packet.ts';

/** Kinds of header in a sample (sFlow version 5, `header_protocol`). */
const HeaderProtocol = { ethernet: 1, ipv4: 11, ipv6: 12 } as const;

const EtherType = { ipv4: 0x0800, ipv6: 0x86dd, mpls: 0x8847, mplsMulticast: 0x8848 } as const;
/** Those of IEEE 802.1Q and 802.1ad, and the older one of stacked tags. */
const vlanTypes = new Set([0x8100, 0x88a8, 0x9100]);

const IpProtocol = { icmp: 1, tcp: 6, icmpv6: 58 } as const;
/** TCP, UDP, DCCP, SCTP, UDP-Lite: their headers begin with the two ports. */
const withPorts = new Set([6, 17, 33, 132, 136]);
/** Hop-by-hop, routing, destination, mobility: a length in units of eight octets beyond the first. */
const extensions = new Set([0, 43, 60, 135]);
const FRAGMENT = 44;
const AUTHENTICATION = 51;

/** Maximum tags, labels and extension headers: more than any real packet has. */
const MAX_STACKED = 8;

const ETHERNET_OCTETS = 14;
const IPV4_OCTETS = 20;
const IPV6_OCTETS = 40;
/** Octets before the addresses. */
const IPV4_ADDRESSES = 12;
const IPV6_ADDRESSES = 8;

/**
 * Reads the begin of a packet, as much as the sample has of it. What is missing or unknown is left out.
 * @param headerProtocol what the header begins with
 * @param frameOctets of the whole packet, without those that its device removed
 */
export function readPacketHeader(
  headerProtocol: number,
  header: ByteReader,
  frameOctets: number,
  packet: SampledPacket,
): void {
  const { offset } = header;
  if (headerProtocol === HeaderProtocol.ethernet) readEthernet(header, packet);
  else if (headerProtocol === HeaderProtocol.ipv4 || headerProtocol === HeaderProtocol.ipv6) {
    readIp(header, packet);
  }
  if (packet.octets !== 0 || packet.family === 0) return;
  // The length of a packet that a network device will cut is 0: then the frame has it.
  const ipAt = packet.addressesAt - (packet.family === 4 ? IPV4_ADDRESSES : IPV6_ADDRESSES);
  packet.octets = Math.max(0, frameOctets - (ipAt - offset));
}

/** destination (6) | source (6) | tags, each: type (2) | VLAN (2) | … | type (2) | packet */
function readEthernet(header: ByteReader, packet: SampledPacket): void {
  if (!header.has(ETHERNET_OCTETS)) return;
  packet.ethernetAt = header.offset;
  header.skip(12);
  let type = header.unsigned16();
  let vlan = 0;
  for (let tags = 0; vlanTypes.has(type) && header.has(4) && tags < MAX_STACKED; tags++) {
    const id = header.unsigned16() & 0xfff;
    if (tags === 0) vlan = id;
    type = header.unsigned16();
  }
  if (vlan !== 0) packet.vlan = vlan;
  packet.etherType = type;
  if (type === EtherType.mpls || type === EtherType.mplsMulticast) {
    if (skipLabels(header)) readIp(header, packet);
  } else if (type === EtherType.ipv4 || type === EtherType.ipv6) readIp(header, packet);
}

/** label (20 bits) | traffic class (3 bits) | whether it is the last (1 bit) | TTL (8 bits) */
function skipLabels(header: ByteReader): boolean {
  for (let labels = 0; header.has(4) && labels < MAX_STACKED; labels++) {
    if ((header.unsigned32() & 0x100) !== 0) return true;
  }
  return false;
}

/** The version decides: below labels nothing else does. */
function readIp(header: ByteReader, packet: SampledPacket): void {
  if (!header.has(1)) return;
  const version = header.bytes[header.offset]! >>> 4;
  if (version === 4 && header.has(IPV4_OCTETS)) readIpv4(header, packet);
  else if (version === 6 && header.has(IPV6_OCTETS)) readIpv6(header, packet);
}

/** RFC 791 section 3.1. */
function readIpv4(header: ByteReader, packet: SampledPacket): void {
  const { offset } = header;
  const headerOctets = (header.unsigned8() & 0xf) * 4;
  packet.family = 4;
  packet.classOfService = header.unsigned8();
  packet.octets = header.unsigned16();
  header.skip(2);
  const fragmentOffset = header.unsigned16() & 0x1fff;
  header.skip(1);
  packet.protocol = header.unsigned8();
  packet.addressesAt = offset + IPV4_ADDRESSES;
  packet.transport = ShownTransport.none;
  header.offset = offset + headerOctets;
  if (fragmentOffset === 0 && headerOctets >= IPV4_OCTETS) readTransport(header, packet);
}

/** RFC 8200 sections 3 and 4. */
function readIpv6(header: ByteReader, packet: SampledPacket): void {
  const { offset } = header;
  packet.family = 6;
  packet.classOfService = (header.unsigned16() >>> 4) & 0xff;
  header.skip(2);
  const payloadOctets = header.unsigned16();
  packet.octets = payloadOctets === 0 ? 0 : IPV6_OCTETS + payloadOctets;
  packet.protocol = header.unsigned8();
  packet.addressesAt = offset + IPV6_ADDRESSES;
  packet.transport = ShownTransport.none;
  header.offset = offset + IPV6_OCTETS;
  if (skipExtensions(header, packet)) readTransport(header, packet);
}

/** @returns whether a transport header follows */
function skipExtensions(header: ByteReader, packet: SampledPacket): boolean {
  for (let skipped = 0; skipped < MAX_STACKED; skipped++) {
    const { protocol } = packet;
    const isFragment = protocol === FRAGMENT;
    if (!isFragment && protocol !== AUTHENTICATION && !extensions.has(protocol)) return true;
    if (!header.has(8)) return false;
    const { offset } = header;
    packet.protocol = header.unsigned8();
    const length = header.unsigned8();
    if (isFragment && header.unsigned16() >>> 3 !== 0) return false;
    if (isFragment) header.offset = offset + 8;
    else header.offset = offset + (protocol === AUTHENTICATION ? (length + 2) * 4 : (length + 1) * 8);
  }
  return false;
}

function readTransport(header: ByteReader, packet: SampledPacket): void {
  const { protocol, family } = packet;
  if (withPorts.has(protocol) && header.has(4)) {
    packet.sourcePort = header.unsigned16();
    packet.destinationPort = header.unsigned16();
    packet.transport = ShownTransport.ports;
    if (protocol !== IpProtocol.tcp || !header.has(10)) return;
    header.skip(9);
    packet.controlBits = header.unsigned8();
    packet.transport = ShownTransport.tcp;
  } else if (protocol === (family === 4 ? IpProtocol.icmp : IpProtocol.icmpv6) && header.has(2)) {
    packet.icmpTypeCode = header.unsigned16();
    packet.transport = ShownTransport.icmp;
  }
}
