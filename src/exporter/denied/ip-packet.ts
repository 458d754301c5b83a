import { Protocol } from '../../flow/enumerations.ts';
import { IPV4_MAPPED } from '../../flow/ip-address.ts';
import { Count, type PacketBatch } from './packet-batch.ts';

/** The row was written. Any other result is the `Count` under which the packet is dropped. */
export const READ = -1;

/**
 * Reads the IP packet in bytes[start, end), which may be cut at its end, into the row after the batch's last.
 * Allocates nothing.
 */
export function readIpPacket(bytes: Uint8Array, start: number, end: number, batch: PacketBatch): number {
  if (start >= end) return Count.truncated;
  const version = bytes[start]! >> 4;
  if (version !== 4 && version !== 6) return Count.malformed;
  const row = batch.length;
  const outcome =
    version === 4 ? readIPv4(bytes, start, end, batch, row) : readIPv6(bytes, start, end, batch, row);
  if (outcome === READ && batch.octets[row] === 0) {
    batch.octets[row] = end - start;
    batch.counts[Count.lengthUnknown]!++;
  }
  return outcome;
}

/**
 * RFC 791 section 3.1:
 *
 *      0 version (4) | header length in words (4)    1 type of service    2 total length (16)
 *      4 identification (16)                         6 flags (3) | fragment offset (13)
 *      8 time to live    9 protocol                 10 header checksum (16)
 *     12 source address (32)                        16 destination address (32)            20 options …
 */
function readIPv4(bytes: Uint8Array, start: number, end: number, batch: PacketBatch, row: number): number {
  if (end - start < 20) return Count.truncated;
  const headerOctets = (bytes[start]! & 15) * 4;
  if (headerOctets < 20) return Count.malformed;
  const totalLength = readHalf(bytes, start + 2);
  if (totalLength !== 0 && totalLength < headerOctets) return Count.malformed;
  batch.classOfService[row] = bytes[start + 1]!;
  batch.octets[row] = totalLength;
  writeIPv4Address(batch.source, row, bytes, start + 12);
  writeIPv4Address(batch.destination, row, bytes, start + 16);
  if ((readHalf(bytes, start + 6) & 0x1fff) !== 0) return writeFragment(batch, row, bytes[start + 9]!);
  return readTransport(bytes, start + headerOctets, end, bytes[start + 9]!, batch, row);
}

/**
 * RFC 8200 section 3:
 *
 *      0 version (4) | traffic class (8) | flow label (20)
 *      4 payload length (16)    6 next header    7 hop limit
 *      8 source address (128)    24 destination address (128)    40 extension headers …
 */
function readIPv6(bytes: Uint8Array, start: number, end: number, batch: PacketBatch, row: number): number {
  if (end - start < 40) return Count.truncated;
  batch.classOfService[row] = ((bytes[start]! & 15) << 4) | (bytes[start + 1]! >> 4);
  const payloadLength = readHalf(bytes, start + 4) || jumboLength(bytes, start, end);
  const isEmpty = payloadLength === 0 && bytes[start + 6] === NO_NEXT_HEADER;
  batch.octets[row] = payloadLength === 0 && !isEmpty ? 0 : 40 + payloadLength;
  writeIPv6Address(batch.source, row, bytes, start + 8);
  writeIPv6Address(batch.destination, row, bytes, start + 24);
  return readExtensions(bytes, start + 40, end, bytes[start + 6]!, batch, row);
}

/**
 * RFC 8200 section 4: each begins with the number of the next; lengths in units of 8 octets, of AH in words.
 */
function readExtensions(
  bytes: Uint8Array,
  start: number,
  end: number,
  first: number,
  batch: PacketBatch,
  row: number,
): number {
  let at = start;
  let header = first;
  for (;;) {
    switch (header) {
      case HOP_BY_HOP:
      case ROUTING:
      case DESTINATION_OPTIONS:
      case MOBILITY:
      case HOST_IDENTITY:
      case SHIM6:
      case AUTHENTICATION: {
        if (at + 2 > end) return Count.truncated;
        const length = bytes[at + 1]!;
        const next = bytes[at]!;
        at += header === AUTHENTICATION ? (length + 2) * 4 : (length + 1) * 8;
        header = next;
        break;
      }
      case FRAGMENT: {
        if (at + 8 > end) return Count.truncated;
        header = bytes[at]!;
        if (readHalf(bytes, at + 2) >> 3 !== 0) return writeFragment(batch, row, header);
        at += 8;
        break;
      }
      default:
        return readTransport(bytes, at, end, header, batch, row);
    }
  }
}

function readTransport(
  bytes: Uint8Array,
  at: number,
  end: number,
  protocol: number,
  batch: PacketBatch,
  row: number,
): number {
  batch.protocol[row] = protocol;
  switch (protocol) {
    case Protocol.tcp:
    case Protocol.udp:
    case Protocol.sctp:
    case Protocol.dccp:
    case Protocol.udplite:
      if (at + 4 > end) return Count.truncated;
      batch.sourcePort[row] = readHalf(bytes, at);
      batch.destinationPort[row] = readHalf(bytes, at + 2);
      // RFC 7125: the two octets with data offset and control bits, the data offset masked out
      if (protocol === Protocol.tcp && at + 14 <= end)
        batch.tcpControlBits[row] = readHalf(bytes, at + 12) & 0xfff;
      return READ;
    case Protocol.icmp:
    case Protocol.icmpv6:
      return readIcmp(bytes, at, end, batch, row);
    default:
      return READ;
  }
}

/** type (8) | code (8) | checksum (16) | in queries and replies: identifier (16), sequence number (16) */
function readIcmp(bytes: Uint8Array, at: number, end: number, batch: PacketBatch, row: number): number {
  if (at + 2 > end) return Count.truncated;
  const type = bytes[at]!;
  batch.icmpTypeCode[row] = readHalf(bytes, at);
  const queries = batch.protocol[row] === Protocol.icmp ? icmpQueries : icmpv6Queries;
  if (!queries.includes(type)) return READ;
  if (at + 6 > end) return Count.truncated;
  batch.sourcePort[row] = readHalf(bytes, at + 4);
  return READ;
}

/**
 * Types with an identifier: echo, timestamp, information and address mask (RFC 792, 950); echo (RFC 4443).
 */
const icmpQueries: readonly number[] = [8, 0, 13, 14, 15, 16, 17, 18];
const icmpv6Queries: readonly number[] = [128, 129];

/** A fragment other than the first: only addresses and protocol are known. */
function writeFragment(batch: PacketBatch, row: number, protocol: number): number {
  batch.protocol[row] = protocol;
  batch.counts[Count.fragments]!++;
  return READ;
}

/**
 * RFC 2675: the first hop-by-hop option (type 0xC2, length 4) gives the length of a payload over 65,535
 * octets.
 */
function jumboLength(bytes: Uint8Array, start: number, end: number): number {
  if (bytes[start + 6] !== HOP_BY_HOP || end - start < 48) return 0;
  if (bytes[start + 42] !== 0xc2 || bytes[start + 43] !== 4) return 0;
  return readWord(bytes, start + 44);
}

function writeIPv4Address(column: Uint32Array, row: number, bytes: Uint8Array, at: number): void {
  column[row * 4] = 0;
  column[row * 4 + 1] = 0;
  column[row * 4 + 2] = IPV4_MAPPED;
  column[row * 4 + 3] = readWord(bytes, at);
}

function writeIPv6Address(column: Uint32Array, row: number, bytes: Uint8Array, at: number): void {
  for (let i = 0; i < 4; i++) column[row * 4 + i] = readWord(bytes, at + 4 * i);
}

function readHalf(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

function readWord(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENT = 44;
const AUTHENTICATION = 51;
const NO_NEXT_HEADER = 59;
const DESTINATION_OPTIONS = 60;
const MOBILITY = 135;
const HOST_IDENTITY = 139;
const SHIM6 = 140;
