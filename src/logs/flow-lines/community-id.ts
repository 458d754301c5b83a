import { isIPv4, Protocol } from '../../flow/index.ts';
import { sha1OfBlock } from './sha1.ts';

/*
 * Community ID 1, by which Zeek, Suricata, Wireshark and others name a connection, in whichever direction
 * they see it: "1:" and base64 of the SHA-1 of
 *
 *     seed (2 octets, 0) | address | address | protocol (1) | 0 (1) | port (2) | port (2)
 *
 * with the smaller end, address before port, first (github.com/corelight/community-id-spec). For ICMP, one
 * port is the type, and the other the type that answers it, or the code.
 */

/** Characters of an identifier without "1:". */
export const COMMUNITY_ID_LENGTH = 28;

const message = new Uint8Array(64);
const digest = new Uint8Array(20);
const base64 = new TextEncoder().encode('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');
const EQUALS = 0x3d;

/** ICMP types that answer each other (RFC 792, 950, 1256). */
const icmpAnswers = new Map([
  [0, 8],
  [8, 0],
  [13, 14],
  [14, 13],
  [15, 16],
  [16, 15],
  [17, 18],
  [18, 17],
  [10, 9],
  [9, 10],
]);
/** RFC 4443, 2710, 4861, 4620, 6275. */
const icmpv6Answers = new Map([
  [128, 129],
  [129, 128],
  [130, 131],
  [131, 130],
  [133, 134],
  [134, 133],
  [135, 136],
  [136, 135],
  [139, 140],
  [140, 139],
  [144, 145],
  [145, 144],
]);

/**
 * Writes the 28 characters after "1:" to `into`, beginning at `to`. Both addresses are four words from `at`.
 * For ICMP the source port is the type and the destination port the code.
 */
export function writeCommunityId(
  into: Uint8Array,
  to: number,
  source: Uint32Array,
  destination: Uint32Array,
  at: number,
  protocol: number,
  sourcePort: number,
  destinationPort: number,
): void {
  let secondPort = destinationPort;
  let isOneWay = false;
  if (protocol === Protocol.icmp || protocol === Protocol.icmpv6) {
    const answer = (protocol === Protocol.icmp ? icmpAnswers : icmpv6Answers).get(sourcePort);
    isOneWay = answer === undefined;
    secondPort = answer ?? destinationPort;
  }
  const order = compareAddresses(source, destination, at) || sourcePort - secondPort;
  const isForward = isOneWay || order <= 0;
  const words = isIPv4(source, at) && isIPv4(destination, at) ? 1 : 4;
  message.fill(0);
  let end = putAddress(2, isForward ? source : destination, at, words);
  end = putAddress(end, isForward ? destination : source, at, words);
  message[end] = protocol;
  end = putPort(end + 2, isForward ? sourcePort : secondPort);
  end = putPort(end, isForward ? secondPort : sourcePort);
  sha1OfBlock(message, end, digest);
  writeBase64(into, to);
}

function compareAddresses(one: Uint32Array, other: Uint32Array, at: number): number {
  for (let i = 0; i < 4; i++) {
    const difference = one[at + i]! - other[at + i]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

function putAddress(end: number, address: Uint32Array, at: number, words: number): number {
  for (let i = 4 - words; i < 4; i++) {
    const word = address[at + i]!;
    message[end++] = word >>> 24;
    message[end++] = word >>> 16;
    message[end++] = word >>> 8;
    message[end++] = word;
  }
  return end;
}

function putPort(end: number, port: number): number {
  message[end] = port >>> 8;
  message[end + 1] = port;
  return end + 2;
}

function writeBase64(into: Uint8Array, to: number): void {
  for (let i = 0; i < 20; i += 3) {
    const three = (digest[i]! << 16) | ((digest[i + 1] ?? 0) << 8) | (digest[i + 2] ?? 0);
    into[to++] = base64[three >>> 18]!;
    into[to++] = base64[(three >>> 12) & 63]!;
    into[to++] = base64[(three >>> 6) & 63]!;
    into[to++] = base64[three & 63]!;
  }
  into[to - 1] = EQUALS; // 20 octets fill six groups of three, and two octets of a seventh
}
