import type { ByteReader } from '../wire/index.ts';
import { readPacketHeader } from './packet-header.ts';
import { type Family, NONE, type SampledPacket, ShownTransport } from './sampled-packet.ts';

/** Records of a flow sample that Weir reads (sFlow version 5); it skips others. */
const Format = {
  rawHeader: 1,
  ipv4: 3,
  ipv6: 4,
  extendedSwitch: 1001,
  extendedRouter: 1002,
  extendedGateway: 1003,
} as const;

const SAMPLE_OCTETS = 32;
const EXPANDED_SAMPLE_OCTETS = 44;

const TCP = 6;
const ICMP = 1;
const ICMPV6 = 58;

/** The agent itself, as the end of a packet's way; or an interface that it does not know. */
const INTERNAL_INTERFACE = 0x3fff_ffff;
const MAX_VLAN = 4094;

/**
 * Reads a flow sample into the packet.
 *
 *     sequence number (4) | source (4) | sampling rate (4) | pool (4) | drops (4) | input (4) | output (4)
 *     count (4) | records, each: format (4) | length (4) | …
 *
 * An expanded sample has eight octets for the source, and for each interface. Its first four are the kind.
 *
 * @returns whether each of its parts ends within the sample; undefined if not even its begin does
 */
export function readFlowSample(
  sample: ByteReader,
  isExpanded: boolean,
  packet: SampledPacket,
): boolean | undefined {
  if (!sample.has(isExpanded ? EXPANDED_SAMPLE_OCTETS : SAMPLE_OCTETS)) return undefined;
  packet.clear();
  packet.sequenceNumber = sample.unsigned32();
  readSource(sample, isExpanded, packet);
  packet.samplingRate = sample.unsigned32();
  sample.skip(4);
  packet.drops = sample.unsigned32();
  packet.ingressInterface = readInterface(sample, isExpanded);
  packet.egressInterface = readInterface(sample, isExpanded);
  const count = sample.unsigned32();
  for (let records = 0; records < count; records++) {
    if (!sample.has(8)) return false;
    const format = sample.unsigned32();
    const length = sample.unsigned32();
    if (!sample.has(length) || !readRecord(format, sample.within(length), packet)) return false;
  }
  return true;
}

/** Kind (8 bits) | index (24 bits); 32 bits each if expanded. */
function readSource(sample: ByteReader, isExpanded: boolean, packet: SampledPacket): void {
  const first = sample.unsigned32();
  packet.sourceKind = isExpanded ? first & 0xff : first >>> 24;
  packet.sourceIndex = isExpanded ? sample.unsigned32() : first & 0xff_ffff;
}

/** Kind (2 bits) | value (30 bits); 32 bits each if expanded. Kind 0 is the index of one interface. */
function readInterface(sample: ByteReader, isExpanded: boolean): number {
  const first = sample.unsigned32();
  const kind = isExpanded ? first : first >>> 30;
  const value = isExpanded ? sample.unsigned32() : first & INTERNAL_INTERFACE;
  return kind === 0 && value !== INTERNAL_INTERFACE ? value : 0;
}

/** @returns whether it ends within its octets */
function readRecord(format: number, record: ByteReader, packet: SampledPacket): boolean {
  switch (format) {
    case Format.rawHeader:
      return readRawHeader(record, packet);
    case Format.ipv4:
      return readIpFields(record, 4, packet);
    case Format.ipv6:
      return readIpFields(record, 6, packet);
    case Format.extendedSwitch:
      return readSwitch(record, packet);
    case Format.extendedRouter:
      return readRouter(record, packet);
    case Format.extendedGateway:
      return readGateway(record, packet);
    default:
      return true;
  }
}

/** protocol (4) | octets of the frame (4) | octets removed of it (4) | length (4) | header … */
function readRawHeader(record: ByteReader, packet: SampledPacket): boolean {
  if (!record.has(16)) return false;
  const headerProtocol = record.unsigned32();
  packet.frameOctets = record.unsigned32();
  const removed = record.unsigned32();
  const length = record.unsigned32();
  if (!record.has(length)) return false;
  readPacketHeader(headerProtocol, record.within(length), packet.frameOctets - removed, packet);
  return true;
}

/**
 * octets (4) | protocol (4) | source (4 or 16) | destination | source port (4) | destination port (4)
 * TCP flags (4) | type of service (4)
 *
 * The header of the packet, if there is one, has more.
 */
function readIpFields(record: ByteReader, family: 4 | 6, packet: SampledPacket): boolean {
  const addressOctets = family === 4 ? 8 : 32;
  if (!record.has(24 + addressOctets)) return false;
  if (packet.family !== 0) return true;
  packet.family = family;
  packet.octets = record.unsigned32();
  packet.protocol = record.unsigned32() & 0xff;
  packet.addressesAt = record.offset;
  record.skip(addressOctets);
  packet.sourcePort = record.unsigned32() & 0xffff;
  packet.destinationPort = record.unsigned32() & 0xffff;
  packet.controlBits = record.unsigned32() & 0xff;
  packet.classOfService = record.unsigned32() & 0xff;
  packet.transport = transportOf(packet);
  return true;
}

function transportOf({ protocol, sourcePort, destinationPort }: SampledPacket): ShownTransport {
  if (protocol === TCP) return ShownTransport.tcp;
  const hasPorts = sourcePort !== 0 || destinationPort !== 0;
  return hasPorts && protocol !== ICMP && protocol !== ICMPV6 ? ShownTransport.ports : ShownTransport.none;
}

/** VLAN (4) and priority (4) of the packet as it came, and both as it went. */
function readSwitch(record: ByteReader, packet: SampledPacket): boolean {
  if (!record.has(16)) return false;
  const vlan = vlanOf(record.unsigned32());
  record.skip(4);
  if (packet.vlan === NONE) packet.vlan = vlan;
  packet.postVlan = vlanOf(record.unsigned32());
  return true;
}

const vlanOf = (value: number): number => (value > 0 && value <= MAX_VLAN ? value : NONE);

/** next hop, an address | source prefix length (4) | destination prefix length (4) */
function readRouter(record: ByteReader, packet: SampledPacket): boolean {
  const family = readFamily(record);
  const at = record.offset;
  record.skip(octetsOf[family]);
  if (!record.has(8)) return false;
  packet.nextHopFamily = family;
  packet.nextHopAt = at;
  packet.sourcePrefix = record.unsigned32() & 0xff;
  packet.destinationPrefix = record.unsigned32() & 0xff;
  return true;
}

/**
 *     next hop, an address | AS of the router (4) | source AS (4) | AS before the router (4)
 *     count (4) | segments of the path to the destination, each: kind (4) | count (4) | AS numbers …
 *     communities …
 */
function readGateway(record: ByteReader, packet: SampledPacket): boolean {
  record.skip(octetsOf[readFamily(record)]);
  if (!record.has(16)) return false;
  record.skip(4);
  packet.sourceAs = record.unsigned32();
  packet.previousAs = record.unsigned32();
  packet.nextAs = 0;
  packet.destinationAs = 0;
  const segments = record.unsigned32();
  for (let segment = 0; segment < segments; segment++) {
    if (!record.has(8)) return false;
    record.skip(4);
    const octets = record.unsigned32() * 4;
    if (!record.has(octets)) return false;
    if (octets > 0) readPath(record, octets, packet);
  }
  packet.hasPath = true;
  return true;
}

/** The first AS of the path is the next one, its last is the destination's. */
function readPath(record: ByteReader, octets: number, packet: SampledPacket): void {
  const { offset } = record;
  if (packet.nextAs === 0) packet.nextAs = record.unsigned32();
  record.offset = offset + octets - 4;
  packet.destinationAs = record.unsigned32();
}

const octetsOf: Readonly<Record<Family, number>> = { 0: 0, 4: 4, 6: 16 };

/** Kind (4) of an address: 1 for IPv4, 2 for IPv6. Others are unknown and have no octets. */
function readFamily(record: ByteReader): Family {
  if (!record.has(4)) return 0;
  const kind = record.unsigned32();
  if (kind === 1) return 4;
  return kind === 2 ? 6 : 0;
}
