import { epochAt, HANDSHAKE, isRecordAt, RECORD_HEADER_OCTETS, recordLengthAt } from './record-header.ts';

/*
 * OpenSSL discards an encrypted record that is not authentic. But it ends the association when a record is
 * shorter than its cipher adds to any record. Whoever can forge a source address could end every association
 * so. Such records must not reach it.
 */

/** Octets of an encrypted record that AES-GCM adds: a nonce of 8 and a tag of 16. */
const GCM_OCTETS = 24;
/** ChaCha20-Poly1305 adds a tag only; AES-CCM-8 a nonce and half a tag. */
const LEAST_OCTETS = 16;
/** Finished with what a cipher adds at least: the only message of a handshake that is encrypted. */
const FINISHED_OCTETS = 12 + 12 + LEAST_OCTETS;

/** Octets that an encrypted record has at least, by OpenSSL's name of its cipher suite. */
export const leastOctetsOf = (cipherSuite: string): number =>
  /CHACHA20|CCM8/.test(cipherSuite) ? LEAST_OCTETS : GCM_OCTETS;

/**
 * Whether a datagram has an encrypted record that is shorter than possible.
 * @param leastOctets undefined before the cipher suite is known
 */
export function hasShortRecord(datagram: Uint8Array, leastOctets: number | undefined): boolean {
  for (let at = 0; isRecordAt(datagram, at); at += RECORD_HEADER_OCTETS + recordLengthAt(datagram, at)) {
    if (epochAt(datagram, at) === 0) continue;
    const least = leastOctets ?? (datagram[at] === HANDSHAKE ? FINISHED_OCTETS : GCM_OCTETS);
    if (recordLengthAt(datagram, at) < least) return true;
  }
  return false;
}
