import { epochAt, HANDSHAKE, isRecordAt, RECORD_HEADER_OCTETS, recordLengthAt } from './record-header.ts';

/** Octets of an association before its handshake is complete. */
export const BASE_OCTETS = 48 * 1024;
/** OpenSSL's buffer for a record, and for a message of a handshake. */
const BUFFER_OCTETS = 17 * 1024;
const LEAST_OCTETS = 1024;

/**
 * Octets that OpenSSL may keep for a datagram during a handshake, as an upper bound. It keeps records of the
 * next epoch whole, each in a buffer of its own. For a fragment it reserves the length of the whole message.
 */
export function octetsKeptOf(datagram: Uint8Array): number {
  let octets = LEAST_OCTETS;
  for (let at = 0; isRecordAt(datagram, at); at += RECORD_HEADER_OCTETS + recordLengthAt(datagram, at)) {
    if (epochAt(datagram, at) > 0) octets += BUFFER_OCTETS;
    else if (datagram[at] === HANDSHAKE) octets += Math.min(BUFFER_OCTETS, claimedLengthAt(datagram, at));
  }
  return octets;
}

/**
 * The length of the message that a fragment is part of: three octets after the record's header and a type.
 */
function claimedLengthAt(datagram: Uint8Array, at: number): number {
  const length = at + RECORD_HEADER_OCTETS + 1;
  if (length + 3 > datagram.length) return LEAST_OCTETS;
  return (datagram[length]! << 16) | (datagram[length + 1]! << 8) | datagram[length + 2]!;
}
