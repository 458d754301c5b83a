/**
 * Protocols that Weir recognises by their header only: NetFlow and sFlow outside of datagrams, whose length
 * it needs.
 */
export type UndecodedProtocol = 'netflow-v5' | 'netflow-v9' | 'sflow-v5';

const V5_MAX_RECORDS = 30;

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

function uint32At(octets: Uint8Array, at: number): number {
  return (
    octets[at]! * 0x1_00_00_00 + octets[at + 1]! * 0x1_00_00 + octets[at + 2]! * 0x1_00 + octets[at + 3]!
  );
}

const NAMES = { 'netflow-v5': 'NetFlow v5', 'netflow-v9': 'NetFlow v9', 'sflow-v5': 'sFlow v5' } as const;

/** The name of the protocol for people. */
export const protocolName = (protocol: UndecodedProtocol): string => NAMES[protocol];

/** The text after the protocol's name. */
export const notDecoded = 'not decoded: Weir reads NetFlow and sFlow in datagrams only';
