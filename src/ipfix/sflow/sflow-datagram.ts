import { ByteReader } from '../wire/index.ts';

/** Octets before the agent's address, and between it and the first sample. */
export const agentAt = 8;
const AFTER_AGENT = 16;

/** Each sample takes at least its format and its length. */
export const sampleHeaderOctets = 8;

/**
 * Octets of the header of an sFlow datagram; 0 for others.
 *
 *     version = 5 (4) | 1 for IPv4, 2 for IPv6 (4) | address of the agent (4 or 16) | sub-agent id (4)
 *     datagrams before (4) | uptime, ms (4) | count of samples (4)
 *
 * sFlow.org, sFlow version 5.
 */
export function sflowHeaderOctetsAt(bytes: Uint8Array, start: number, end = bytes.length): number {
  if (end - start < agentAt) return 0;
  const reader = new ByteReader(bytes, start, end);
  if (reader.unsigned32() !== 5) return 0;
  const family = reader.unsigned32();
  if (family !== 1 && family !== 2) return 0;
  const octets = agentAt + (family === 1 ? 4 : 16) + AFTER_AGENT;
  return octets <= end - start ? octets : 0;
}

/** Equal for datagrams of one agent: its address. */
export function sflowAgentOf(datagram: Uint8Array): string {
  return datagram.subarray(agentAt, sflowHeaderOctetsAt(datagram, 0) - AFTER_AGENT).join('.');
}

/**
 * Whether a datagram among arbitrary traffic is sFlow: its samples must fit its length as well.
 * @param octets as captured; they may be cut off
 * @param length of the datagram
 */
export function isSflowPacket(octets: Uint8Array, length: number): boolean {
  const headerOctets = sflowHeaderOctetsAt(octets, 0);
  if (headerOctets === 0) return false;
  const reader = new ByteReader(octets, headerOctets - 4);
  const count = reader.unsigned32();
  if (count === 0) return false;
  for (let samples = 0; samples < count; samples++) {
    if (!reader.has(sampleHeaderOctets)) return reader.offset + sampleHeaderOctets <= length;
    reader.skip(4);
    reader.skip(reader.unsigned32());
  }
  return reader.offset === length;
}
