/*
 * A record of DTLS 1.0 and 1.2 (RFC 6347 section 4.1):
 *
 *     type (1) | version (2) | epoch (2) | sequence number (6) | length (2) | …
 */
export const RECORD_HEADER_OCTETS = 13;
export const ALERT = 21;
export const HANDSHAKE = 22;
export const APPLICATION_DATA = 23;

/** The version in the first records: DTLS 1.0, until both know better. */
export const DTLS_1_0 = 0xfeff;
export const DTLS_1_2 = 0xfefd;

const uint16At = (octets: Uint8Array, at: number): number => (octets[at]! << 8) | octets[at + 1]!;

/** Whether octets may begin a record of DTLS. */
export function isRecordAt(octets: Uint8Array, at: number): boolean {
  if (at + RECORD_HEADER_OCTETS > octets.length) return false;
  const version = uint16At(octets, at + 1);
  return octets[at]! >= 20 && octets[at]! <= 23 && (version === DTLS_1_0 || version === DTLS_1_2);
}

/** 0 before the handshake has agreed on keys, then 1. */
export const epochAt = (octets: Uint8Array, at: number): number => uint16At(octets, at + 3);

/** Octets after the header. */
export const recordLengthAt = (octets: Uint8Array, at: number): number => uint16At(octets, at + 11);

/** Whether a datagram is a record of data and nothing else. */
export const isOneRecordOfData = (datagram: Uint8Array): boolean =>
  datagram[0] === APPLICATION_DATA &&
  isRecordAt(datagram, 0) &&
  RECORD_HEADER_OCTETS + recordLengthAt(datagram, 0) === datagram.length;
