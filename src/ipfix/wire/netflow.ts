/** Versions of NetFlow, from which IPFIX comes: their packets begin as a message does, with the version. */
export type NetflowVersion = 5 | 9;

const HEADER_OCTETS = { 5: 24, 9: 20 } as const;
const V5_RECORD_OCTETS = 48;
const V5_MAX_RECORDS = 30;
const V9_FIRST_DATA_SET = 256;

/**
 * The version of NetFlow that octets begin with where IPFIX should be; undefined when it is neither.
 *
 *     version (2) | count of records (2) | …
 */
export function netflowVersionOf(octets: Uint8Array): NetflowVersion | undefined {
  if (octets.length < 4 || octets[0] !== 0) return undefined;
  const count = octets[2]! * 256 + octets[3]!;
  if (octets[1] === 5) return count > 0 && count <= V5_MAX_RECORDS ? 5 : undefined;
  return octets[1] === 9 && count > 0 ? 9 : undefined;
}

/**
 * Whether a datagram of so many octets, of which not all need be here, is NetFlow where anything may be: also its parts have to fit.
 *
 *     v5: header (24) | count records (48)
 *     v9: header (20) | sets, each: id, 0, 1 or from 256 on (2) | length (2) | …          RFC 3954 section 5
 */
export function isNetflowPacket(octets: Uint8Array, length: number): boolean {
  const version = netflowVersionOf(octets);
  if (version === undefined || length <= HEADER_OCTETS[version]) return false;
  if (version === 5) return length === HEADER_OCTETS[5] + V5_RECORD_OCTETS * octets[3]!;
  let at: number = HEADER_OCTETS[9];
  while (at + 4 <= octets.length) {
    const id = octets[at]! * 256 + octets[at + 1]!;
    const setOctets = octets[at + 2]! * 256 + octets[at + 3]!;
    if ((id > 1 && id < V9_FIRST_DATA_SET) || setOctets < 4) return false;
    at += setOctets;
  }
  return at <= length;
}

/** What to tell of NetFlow, after who sent it. */
export const notDecoded = 'not decoded: Weir reads IPFIX (version 10)';
