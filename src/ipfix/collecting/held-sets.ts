import type { TransportSession } from './transport-session.ts';

/** A data set whose template has not come, as a message of its own. */
export interface HeldSet {
  readonly session: TransportSession;
  readonly domain: number;
  readonly templateId: number;
  readonly message: Uint8Array;
  /** The sequence number that follows those records of its message that could be read. */
  after: number;
  readonly untilMs: number;
}

const MAX_OCTETS = 1024 * 1024;
const MAX_SETS = 1024;
const HEADER_OCTETS = 16;
const SET_HEADER_OCTETS = 4;

/**
 * Data sets that came before their template, which datagrams may do (RFC 7011 section 8.4). They wait for it
 * for a short time, bounded in number and octets; the oldest gives way.
 */
export class HeldSets {
  readonly #holdMs: number;
  #sets: HeldSet[] = [];
  #octets = 0;
  /** Sets that did not get their template. */
  givenUp = 0;

  /** @param holdMs how long a set waits; 0 holds none */
  constructor(holdMs: number) {
    this.#holdMs = holdMs;
  }

  get isEmpty(): boolean {
    return this.#sets.length === 0;
  }

  /**
   * Keeps a copy of the set whose records start at `offset` of the message.
   *
   *     version (2) | length (2) | export time (4) | sequence number (4) | domain (4)
   *     set id = template id (2) | length (2) | records
   */
  hold(session: TransportSession, message: Uint8Array, offset: number, nowMs: number): HeldSet | undefined {
    if (this.#holdMs === 0) return undefined;
    const from = offset - SET_HEADER_OCTETS;
    const set = new DataView(message.buffer, message.byteOffset + from, SET_HEADER_OCTETS);
    const copy = new Uint8Array(HEADER_OCTETS + set.getUint16(2));
    copy.set(message.subarray(0, HEADER_OCTETS));
    copy.set(message.subarray(from, from + set.getUint16(2)), HEADER_OCTETS);
    const header = new DataView(copy.buffer);
    header.setUint16(2, copy.length);
    const held = {
      session,
      domain: header.getUint32(12),
      templateId: set.getUint16(0),
      message: copy,
      after: 0,
      untilMs: nowMs + this.#holdMs,
    };
    this.#sets.push(held);
    this.#octets += copy.length;
    while (this.#octets > MAX_OCTETS || this.#sets.length > MAX_SETS) {
      this.#octets -= this.#sets.shift()!.message.length;
      this.givenUp++;
    }
    return held;
  }

  /** Those that waited for this template, which are no longer held. */
  take(session: TransportSession, domain: number, templateId: number): HeldSet[] {
    return this.#remove(
      (set) => set.session === session && set.domain === domain && set.templateId === templateId,
    );
  }

  /** Gives up those that have waited too long. */
  expire(nowMs: number): void {
    this.givenUp += this.#remove((set) => set.untilMs <= nowMs).length;
  }

  #remove(isMeant: (set: HeldSet) => boolean): HeldSet[] {
    const removed = this.#sets.filter(isMeant);
    if (removed.length === 0) return removed;
    this.#sets = this.#sets.filter((set) => !isMeant(set));
    for (const { message } of removed) this.#octets -= message.length;
    return removed;
  }
}
