import { epochAt, HANDSHAKE, isRecordAt, RECORD_HEADER_OCTETS, recordLengthAt } from './record-header.ts';

/** The first words of a client. */
export interface ClientHello {
  /** 32 octets. */
  readonly random: Uint8Array;
  /** Empty in the first hello. */
  readonly cookie: Uint8Array;
  /** Six octets; the answer has the same. */
  readonly recordSequence: Uint8Array;
}

const CLIENT_HELLO = 1;
const HANDSHAKE_HEADER_OCTETS = 12;
const VERSION_OCTETS = 2;
const RANDOM_OCTETS = 32;

/**
 * Reads the hello at the start of a datagram. It must be whole, in one record (RFC 6347 sections 4.2.1 and
 * 4.2.2). Undefined for anything else.
 *
 *     record header (13) | type (1) | length (3) | message number (2) | fragment offset (3), length (3)
 *     version (2) | random (32) | session id (1 + n) | cookie (1 + n) | cipher suites …
 */
export function readClientHello(datagram: Uint8Array): ClientHello | undefined {
  if (!isRecordAt(datagram, 0) || datagram[0] !== HANDSHAKE || epochAt(datagram, 0) !== 0) return undefined;
  const end = RECORD_HEADER_OCTETS + recordLengthAt(datagram, 0);
  const body = RECORD_HEADER_OCTETS + HANDSHAKE_HEADER_OCTETS;
  if (end > datagram.length || body > end || datagram[RECORD_HEADER_OCTETS] !== CLIENT_HELLO)
    return undefined;
  const length = uint24At(datagram, RECORD_HEADER_OCTETS + 1);
  const isWhole =
    uint24At(datagram, RECORD_HEADER_OCTETS + 6) === 0 &&
    uint24At(datagram, RECORD_HEADER_OCTETS + 9) === length &&
    body + length === end;
  const sessionId = body + VERSION_OCTETS + RANDOM_OCTETS;
  if (!isWhole || sessionId >= end) return undefined;
  const cookie = sessionId + 1 + datagram[sessionId]!;
  if (cookie >= end || cookie + 1 + datagram[cookie]! > end) return undefined;
  return {
    random: datagram.subarray(body + VERSION_OCTETS, sessionId),
    cookie: datagram.subarray(cookie + 1, cookie + 1 + datagram[cookie]!),
    recordSequence: datagram.subarray(5, 11),
  };
}

const uint24At = (octets: Uint8Array, at: number): number =>
  (octets[at]! << 16) | (octets[at + 1]! << 8) | octets[at + 2]!;
