import type { DtlsAssociation } from './association.ts';
import type { DtlsPeer } from './dtls-peer.ts';
import { BASE_OCTETS, octetsKeptOf } from './handshake-octets.ts';

/** A peer may make OpenSSL keep this much before its handshake is complete. */
const MAX_OCTETS = 256 * 1024;

/** A handshake with a client that has shown its address by a cookie. */
export class Handshake {
  readonly peer: DtlsPeer;
  readonly association: DtlsAssociation;
  /** Tells the client's hello from that of another handshake. */
  readonly random: Uint8Array;
  readonly startedMs: number;
  /** Octets of memory, as an upper bound. */
  octets = BASE_OCTETS;

  constructor(peer: DtlsPeer, association: DtlsAssociation, random: Uint8Array, startedMs: number) {
    this.peer = peer;
    this.association = association;
    this.random = random;
    this.startedMs = startedMs;
  }

  /** Counts a datagram. False when the client has sent too much. */
  admits(datagram: Uint8Array): boolean {
    this.octets += octetsKeptOf(datagram);
    return this.octets <= MAX_OCTETS;
  }
}
