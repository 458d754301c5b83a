import { headerOctetsOf, isWholeMessage } from './netflow/index.ts';
import { isSflowPacket, sflowAgentOf, sflowHeaderOctetsAt } from './sflow/index.ts';
import { ipfixVersion } from './wire/index.ts';

/** The protocols whose messages Weir reads, by their names for people. */
export const exportProtocols = {
  ipfix: 'IPFIX',
  'netflow-v9': 'NetFlow v9',
  'netflow-v7': 'NetFlow v7',
  'netflow-v5': 'NetFlow v5',
  'netflow-v1': 'NetFlow v1',
  'sflow-v5': 'sFlow v5',
} as const;

export type ExportProtocol = keyof typeof exportProtocols;

/** The protocols of NetFlow by their version. */
const netflowOf = { 1: 'netflow-v1', 5: 'netflow-v5', 7: 'netflow-v7', 9: 'netflow-v9' } as const;
type NetflowVersion = keyof typeof netflowOf;

const isNetflowVersion = (version: number): version is NetflowVersion => version in netflowOf;

/** Ids of sets between those of templates and those of data are not used (RFC 3954 section 5.1). */
const MAX_TEMPLATE_SET_ID = 1;
const MIN_DATA_SET_ID = 256;

/**
 * The protocol of a datagram by its version; undefined for others. A message of NetFlow or sFlow must have
 * its header, and that of NetFlow announce a record.
 *
 *     version (2) | length in IPFIX, count of records in NetFlow (2) | …
 *     sFlow: version (4) | …
 */
export function protocolOf(octets: Uint8Array): ExportProtocol | undefined {
  if (octets.length < 4) return undefined;
  const version = unsigned16At(octets, 0);
  if (version === ipfixVersion) return 'ipfix';
  if (version === 0) return sflowHeaderOctetsAt(octets, 0) > 0 ? 'sflow-v5' : undefined;
  if (!isNetflowVersion(version) || unsigned16At(octets, 2) === 0) return undefined;
  return octets.length >= headerOctetsOf[version] ? netflowOf[version] : undefined;
}

/**
 * Equal for the datagrams of one transport session among those of one end. They are of one protocol. Agents
 * of sFlow may share an end, because they have addresses of their own.
 */
export const sessionKeyOf = (protocol: ExportProtocol, datagram: Uint8Array): string =>
  protocol === 'sflow-v5' ? sflowAgentOf(datagram) : protocol;

/**
 * Whether a datagram among arbitrary traffic is NetFlow or sFlow: its parts must fit its length as well.
 *
 *     v1, v5, v7: header | count records
 *     v9: header | sets, each: id, 0, 1 or from 256 on (2) | length (2) | …
 *
 * @param octets as captured; they may be cut off
 * @param length of the datagram
 */
export function isExportPacket(octets: Uint8Array, length: number): boolean {
  const protocol = protocolOf(octets);
  if (protocol === undefined || protocol === 'ipfix') return false;
  if (protocol === 'sflow-v5') return isSflowPacket(octets, length);
  const version = unsigned16At(octets, 0) as NetflowVersion;
  if (version !== 9) return isWholeMessage(version, unsigned16At(octets, 2), length);
  return length > headerOctetsOf[9] && hasSets(octets, length);
}

function hasSets(octets: Uint8Array, length: number): boolean {
  let at = headerOctetsOf[9];
  while (at + 4 <= octets.length) {
    const id = unsigned16At(octets, at);
    const setOctets = unsigned16At(octets, at + 2);
    if ((id > MAX_TEMPLATE_SET_ID && id < MIN_DATA_SET_ID) || setOctets < 4) return false;
    at += setOctets;
  }
  return at <= length;
}

const unsigned16At = (octets: Uint8Array, at: number): number => octets[at]! * 256 + octets[at + 1]!;
