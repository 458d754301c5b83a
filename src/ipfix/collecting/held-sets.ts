import { headerOctetsOf } from '../netflow/index.ts';
import { messageHeaderOctets } from '../wire/index.ts';
import type { TransportSession } from './transport-session.ts';

/** A data set whose template has not arrived, as a message of its own. */
export interface HeldSet {
  readonly session: TransportSession;
  readonly domain: number;
  readonly templateId: number;
  readonly message: Uint8Array;
  /** The sequence number after those records of its message that could be read. */
  after: number;
  /** Whether that message had arrived before. */
  isRepeated: boolean;
  readonly untilMs: number;
}

/** Maximum octets of all sets, and of one session's. */
const MAX_OCTETS = 1024 * 1024;
const MAX_SESSION_OCTETS = MAX_OCTETS / 8;
/** Octets of a set beside its message. */
const SET_OCTETS = 512;
const SET_HEADER_OCTETS = 4;
/** Of the observation domain, which ends the header. */
const DOMAIN_OCTETS = 4;

/** The sets of one session, by the template that they wait for, in order of arrival. */
interface SessionSets {
  readonly byTemplate: Map<number, HeldSet[]>;
  octets: number;
}

const octetsOf = ({ message }: HeldSet): number => message.length + SET_OCTETS;
/** One number for both: template ids have 16 bits. */
const keyOf = (domain: number, templateId: number): number => domain * 0x1_0000 + templateId;

/**
 * Data sets that arrived before their template, as datagrams may (RFC 7011 section 8.4). They wait for it
 * briefly, bounded in octets. At the bound, the oldest set of the biggest session gives way.
 */
export class HeldSets {
  readonly #holdMs: number;
  readonly #bySession = new Map<TransportSession, SessionSets>();
  #octets = 0;
  /** Sets whose template never arrived. */
  givenUp = 0;

  /** @param holdMs how long a set waits; 0 holds none */
  constructor(holdMs: number) {
    this.#holdMs = holdMs;
  }

  get isEmpty(): boolean {
    return this.#bySession.size === 0;
  }

  /**
   * Keeps a copy of the set whose records start at `offset` of the message.
   *
   *     version (2) | length in IPFIX, count in NetFlow v9 (2) | … | domain (4)
   *     set id = template id (2) | length (2) | records
   */
  hold(session: TransportSession, message: Uint8Array, offset: number, nowMs: number): HeldSet | undefined {
    if (this.#holdMs === 0) return undefined;
    const isIpfix = session.exportProtocol === 'ipfix';
    const headerOctets = isIpfix ? messageHeaderOctets : headerOctetsOf[9];
    const from = offset - SET_HEADER_OCTETS;
    const set = new DataView(message.buffer, message.byteOffset + from, SET_HEADER_OCTETS);
    const copy = new Uint8Array(headerOctets + set.getUint16(2));
    copy.set(message.subarray(0, headerOctets));
    copy.set(message.subarray(from, from + set.getUint16(2)), headerOctets);
    const header = new DataView(copy.buffer);
    if (isIpfix) header.setUint16(2, copy.length);
    const held = {
      session,
      domain: header.getUint32(headerOctets - DOMAIN_OCTETS),
      templateId: set.getUint16(0),
      message: copy,
      after: 0,
      isRepeated: false,
      untilMs: nowMs + this.#holdMs,
    };
    this.#add(held);
    return held;
  }

  /** Removes and returns the sets that waited for this template. */
  take(session: TransportSession, domain: number, templateId: number): HeldSet[] {
    const own = this.#bySession.get(session);
    const key = keyOf(domain, templateId);
    const taken = own?.byTemplate.get(key);
    if (own === undefined || taken === undefined) return [];
    own.byTemplate.delete(key);
    this.#shrink(session, own, taken);
    return taken;
  }

  /** Gives up sets that have waited too long. */
  expire(nowMs: number): void {
    for (const [session, own] of this.#bySession) {
      for (const [key, sets] of own.byTemplate) {
        const kept = sets.filter(({ untilMs }) => untilMs > nowMs);
        if (kept.length === sets.length) continue;
        if (kept.length === 0) own.byTemplate.delete(key);
        else own.byTemplate.set(key, kept);
        const given = sets.filter(({ untilMs }) => untilMs <= nowMs);
        this.givenUp += given.length;
        this.#shrink(session, own, given);
      }
    }
  }

  #add(held: HeldSet): void {
    const { session } = held;
    const own = this.#bySession.get(session) ?? { byTemplate: new Map(), octets: 0 };
    this.#bySession.set(session, own);
    const key = keyOf(held.domain, held.templateId);
    const sets = own.byTemplate.get(key);
    if (sets === undefined) own.byTemplate.set(key, [held]);
    else sets.push(held);
    own.octets += octetsOf(held);
    this.#octets += octetsOf(held);
    while (own.octets > MAX_SESSION_OCTETS) this.#giveUpOldest(session, own);
    while (this.#octets > MAX_OCTETS) {
      const [largest, sets] = [...this.#bySession].reduce((a, b) => (a[1].octets >= b[1].octets ? a : b));
      this.#giveUpOldest(largest, sets);
    }
  }

  #giveUpOldest(session: TransportSession, own: SessionSets): void {
    const [first] = own.byTemplate;
    const [key, sets] = first!;
    const oldest = sets.shift()!;
    if (sets.length === 0) own.byTemplate.delete(key);
    this.givenUp++;
    this.#shrink(session, own, [oldest]);
  }

  #shrink(session: TransportSession, own: SessionSets, gone: readonly HeldSet[]): void {
    const octets = gone.reduce((sum, set) => sum + octetsOf(set), 0);
    own.octets -= octets;
    this.#octets -= octets;
    if (own.byTemplate.size === 0) this.#bySession.delete(session);
  }
}
