import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { ClientHello } from './client-hello.ts';
import { DTLS_1_0, HANDSHAKE, RECORD_HEADER_OCTETS } from './record-header.ts';

/** A secret makes cookies for this long. They are valid until the next one has served as long. */
const SECRET_MS = 60_000;
const SECRET_OCTETS = 32;
const COOKIE_OCTETS = 32;
const HELLO_VERIFY_REQUEST = 3;

/**
 * Cookies that show that a client receives at the address from which it sends (RFC 6347 section 4.2.1). A
 * cookie is a hash of address, port and the client's random, so nothing is kept for a client.
 */
export class HelloCookies {
  readonly #nowMs: () => number;
  #secrets = [randomBytes(SECRET_OCTETS), randomBytes(SECRET_OCTETS)] as const;
  #sinceMs: number;

  /** @param nowMs of a monotonic clock */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#sinceMs = nowMs();
  }

  /** @param peer the client's address and port */
  isValid(peer: string, { cookie, random }: ClientHello): boolean {
    if (cookie.length !== COOKIE_OCTETS) return false;
    this.#renewSecrets();
    return this.#secrets.some((secret) => timingSafeEqual(cookieOf(secret, peer, random), cookie));
  }

  /**
   * The HelloVerifyRequest that answers a hello without a valid cookie; shorter than any hello.
   *
   *     record header (13) | type (1) | length (3) | message number (2) | fragment offset (3), length (3)
   *     version (2) | cookie (1 + 32)
   */
  request(peer: string, { random, recordSequence }: ClientHello): Uint8Array {
    this.#renewSecrets();
    const bodyOctets = 3 + COOKIE_OCTETS;
    const octets = Buffer.alloc(RECORD_HEADER_OCTETS + 12 + bodyOctets);
    octets[0] = HANDSHAKE;
    octets.writeUInt16BE(DTLS_1_0, 1);
    octets.set(recordSequence, 5);
    octets.writeUInt16BE(12 + bodyOctets, 11);
    octets[13] = HELLO_VERIFY_REQUEST;
    octets.writeUIntBE(bodyOctets, 14, 3);
    octets.writeUIntBE(bodyOctets, 22, 3);
    octets.writeUInt16BE(DTLS_1_0, 25);
    octets[27] = COOKIE_OCTETS;
    octets.set(cookieOf(this.#secrets[0], peer, random), 28);
    return octets;
  }

  #renewSecrets(): void {
    const nowMs = this.#nowMs();
    if (nowMs - this.#sinceMs < SECRET_MS) return;
    this.#sinceMs = nowMs;
    this.#secrets = [randomBytes(SECRET_OCTETS), this.#secrets[0]];
  }
}

const cookieOf = (secret: Uint8Array, peer: string, random: Uint8Array): Buffer =>
  createHmac('sha256', secret).update(peer).update('\0').update(random).digest();
