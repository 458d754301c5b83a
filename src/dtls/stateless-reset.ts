import {
  ALERT,
  APPLICATION_DATA,
  DTLS_1_2,
  epochAt,
  isRecordAt,
  RECORD_HEADER_OCTETS,
} from './record-header.ts';

/*
 * The answer to records of an association that a server does not have, for example because it was restarted.
 * DTLS has no such answer. It is an alert in plaintext, which other clients ignore after the handshake. The
 * octets that it repeats show that its sender has seen the record.
 *
 *     record header (13) | fatal (1) | unexpected_message (1) | last octets of the record (8)
 */
const TAIL_OCTETS = 8;
const OCTETS = RECORD_HEADER_OCTETS + 2 + TAIL_OCTETS;
const FATAL = 2;
const UNEXPECTED_MESSAGE = 10;
/** Number of sent records that a reset may refer to. */
const REMEMBERED = 256;

/** The reset that answers a datagram; undefined when it has no data, or is no longer than the answer. */
export function resetFor(datagram: Uint8Array): Uint8Array | undefined {
  if (!isRecordAt(datagram, 0) || datagram[0] !== APPLICATION_DATA || datagram.length <= OCTETS)
    return undefined;
  const octets = Buffer.alloc(OCTETS);
  octets[0] = ALERT;
  octets.writeUInt16BE(DTLS_1_2, 1);
  octets.writeUInt16BE(2 + TAIL_OCTETS, 11);
  octets[13] = FATAL;
  octets[14] = UNEXPECTED_MESSAGE;
  octets.set(datagram.subarray(datagram.length - TAIL_OCTETS), 15);
  return octets;
}

/** The tails of the records that a client has sent last: parts of their authentication tags. */
export class SentTails {
  readonly #tails = Buffer.alloc(REMEMBERED * TAIL_OCTETS);
  #next = 0;

  add(datagram: Uint8Array): void {
    this.#tails.set(datagram.subarray(datagram.length - TAIL_OCTETS), this.#next * TAIL_OCTETS);
    this.#next = (this.#next + 1) % REMEMBERED;
  }

  /** Whether a datagram is a reset of one of these records. */
  areResetBy(datagram: Uint8Array): boolean {
    if (datagram.length !== OCTETS || datagram[0] !== ALERT || epochAt(datagram, 0) !== 0) return false;
    const tail = datagram.subarray(OCTETS - TAIL_OCTETS);
    for (let at = 0; at < this.#tails.length; at += TAIL_OCTETS) {
      if (this.#tails.compare(tail, 0, TAIL_OCTETS, at, at + TAIL_OCTETS) === 0) {
        return tail.some((octet) => octet !== 0); // an unused place is all zero
      }
    }
    return false;
  }
}
