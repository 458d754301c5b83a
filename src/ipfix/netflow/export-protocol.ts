import { ipfixVersion } from '../wire/index.ts';
import { v5HeaderOctets, v5RecordOctets } from './v5-reader.ts';
import { v9HeaderOctets } from './v9-reader.ts';

/** The protocols whose messages Weir reads, by their names for people. */
export const exportProtocols = {
  ipfix: 'IPFIX',
  'netflow-v9': 'NetFlow v9',
  'netflow-v5': 'NetFlow v5',
} as const;

export type ExportProtocol = keyof typeof exportProtocols;

/** Ids of sets between those of templates and those of data are not used (RFC 3954 section 5.1). */
const MAX_TEMPLATE_SET_ID = 1;
const MIN_DATA_SET_ID = 256;

/**
 * The protocol of a datagram by its version; undefined for others. A NetFlow message must have its header and
 * announce a record.
 *
 *     version (2) | length in IPFIX, count of records in NetFlow (2) | …
 */
export function protocolOf(octets: Uint8Array): ExportProtocol | undefined {
  if (octets.length < 4) return undefined;
  const version = unsigned16At(octets, 0);
  if (version === ipfixVersion) return 'ipfix';
  if (unsigned16At(octets, 2) === 0) return undefined;
  if (version === 9) return octets.length >= v9HeaderOctets ? 'netflow-v9' : undefined;
  return version === 5 && octets.length >= v5HeaderOctets ? 'netflow-v5' : undefined;
}

/**
 * Whether a datagram among arbitrary traffic is NetFlow: its parts must fit its length as well.
 *
 *     v5: header (24) | count records (48)
 *     v9: header (20) | sets, each: id, 0, 1 or from 256 on (2) | length (2) | …
 *
 * @param octets as captured; they may be cut off
 * @param length of the datagram
 */
export function isNetflowPacket(octets: Uint8Array, length: number): boolean {
  const protocol = protocolOf(octets);
  if (protocol === 'netflow-v5') return length === v5HeaderOctets + v5RecordOctets * unsigned16At(octets, 2);
  return protocol === 'netflow-v9' && length > v9HeaderOctets && hasSets(octets, length);
}

function hasSets(octets: Uint8Array, length: number): boolean {
  let at: number = v9HeaderOctets;
  while (at + 4 <= octets.length) {
    const id = unsigned16At(octets, at);
    const setOctets = unsigned16At(octets, at + 2);
    if ((id > MAX_TEMPLATE_SET_ID && id < MIN_DATA_SET_ID) || setOctets < 4) return false;
    at += setOctets;
  }
  return at <= length;
}

const unsigned16At = (octets: Uint8Array, at: number): number => octets[at]! * 256 + octets[at + 1]!;
