/**
 * Protocols that exporters send instead of IPFIX, and that Weir recognises by their header only: sFlow, and
 * NetFlow outside of datagrams, whose length it needs.
 */
export type UndecodedProtocol = 'netflow-v5' | 'netflow-v9' | 'sflow-v5';

const V5_MAX_RECORDS = 30;
/** Each takes at least eight octets, and a datagram has at most 65,535. */
const SFLOW_MAX_SAMPLES = 8_192;

/**
 * The protocol by the first octets of a message; undefined for others.
 *
 *     NetFlow: version (2) | count of records (2) | …
 *     sFlow: version (4) | 1 for IPv4, 2 for IPv6 (4) | …           sflow.org, version 5
 */
export function undecodedProtocolOf(octets: Uint8Array): UndecodedProtocol | undefined {
  if (octets.length < 4 || octets[0] !== 0) return undefined;
  const count = octets[2]! * 256 + octets[3]!;
  if (octets[1] === 5) return count > 0 && count <= V5_MAX_RECORDS ? 'netflow-v5' : undefined;
  if (octets[1] === 9) return count > 0 ? 'netflow-v9' : undefined;
  const isSflow = octets[1] === 0 && count === 5 && octets.length >= 8;
  const family = isSflow ? uint32At(octets, 4) : 0;
  return family === 1 || family === 2 ? 'sflow-v5' : undefined;
}

/**
 * Whether a datagram among arbitrary traffic is sFlow: its samples must fit its length as well.
 *
 *     version, family (8) | address (4 or 16) | … (12) | count (4) | samples, each: format (4) | length (4) |
 *       …
 *
 * @param octets as captured; they may be cut off
 */
export function isSflowPacket(octets: Uint8Array, length: number): boolean {
  if (undecodedProtocolOf(octets) !== 'sflow-v5') return false;
  const countAt = 8 + (octets[7] === 1 ? 4 : 16) + 12;
  if (octets.length < countAt + 4) return false;
  const count = uint32At(octets, countAt);
  if (count === 0 || count > SFLOW_MAX_SAMPLES) return false;
  let at = countAt + 4;
  for (let samples = 0; samples < count; samples++) {
    if (at + 8 > octets.length) return at + 8 <= length;
    at += 8 + uint32At(octets, at + 4);
  }
  return at === length;
}

function uint32At(octets: Uint8Array, at: number): number {
  return (
    octets[at]! * 0x1_00_00_00 + octets[at + 1]! * 0x1_00_00 + octets[at + 2]! * 0x1_00 + octets[at + 3]!
  );
}

const NAMES = { 'netflow-v5': 'NetFlow v5', 'netflow-v9': 'NetFlow v9', 'sflow-v5': 'sFlow v5' } as const;

/** The name of the protocol for people. */
export const protocolName = (protocol: UndecodedProtocol): string => NAMES[protocol];

/** The text after the protocol's name. */
export const notDecoded = (protocol: UndecodedProtocol): string =>
  protocol === 'sflow-v5'
    ? 'not decoded: Weir reads IPFIX and NetFlow v1, v5, v7 and v9'
    : 'not decoded: Weir reads NetFlow in datagrams only';
