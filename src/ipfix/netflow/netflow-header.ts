import type { MessageHeader, MessageReader, NetflowHeader } from '../wire/index.ts';

type NetflowVersion = NetflowHeader['version'];

/** Octets of the header of each version. */
export const headerOctetsOf: Readonly<Record<NetflowVersion, number>> = { 1: 16, 5: 24, 7: 24, 9: 20 };

/** The lower bits of version 5's sampling field are the interval, the upper two its mode. */
const INTERVAL_BITS = 0x3fff;

/**
 * Reads the header of a message, and leaves the reader behind it.
 *
 *     all: version (2) | count (2) | uptime, ms (4) | Unix time, s (4) | …
 *      v1: its nanoseconds (4)
 *      v5: its nanoseconds (4) | flows before (4) | engine type (1) | engine id (1) |
 *            sampling mode (2 bits), interval (14 bits)
 *      v7: its nanoseconds (4) | flows before (4) | reserved (4)
 *      v9: messages before (4) | source id (4)
 *
 * Cisco, NetFlow export datagram formats; RFC 3954 section 5.1.
 *
 * @returns undefined, and reports it, if the header is truncated
 */
export function readNetflowHeader(
  message: MessageReader,
  version: NetflowVersion,
): MessageHeader | undefined {
  const { sets, handler } = message;
  const { left: length, offset } = sets;
  const headerOctets = headerOctetsOf[version];
  if (length < headerOctets) {
    const text = `a header of NetFlow v${version} has ${headerOctets} octets, but only ${length} are present`;
    handler.error({ offset: 0, reason: 'message-header-truncated', text });
    return undefined;
  }
  sets.skip(2);
  const announcedRecords = sets.unsigned16();
  const uptimeMs = sets.unsigned32();
  const seconds = sets.unsigned32();
  const exportTimeSeconds = version === 9 ? seconds : seconds + sets.unsigned32() / 1e9;
  const sequenceNumber = version === 1 ? 0 : sets.unsigned32();
  let domain = 0;
  let samplingInterval = 0;
  if (version === 9) domain = sets.unsigned32();
  if (version === 5) {
    domain = sets.unsigned16();
    samplingInterval = sets.unsigned16() & INTERVAL_BITS;
  }
  sets.offset = offset + headerOctets;
  const netflow = { version, uptimeMs, announcedRecords, samplingInterval };
  message.header = { length, exportTimeSeconds, sequenceNumber, domain, netflow };
  return message.header;
}
