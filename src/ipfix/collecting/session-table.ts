import type { Account, Clock } from '../../runtime/index.ts';
import { inOrderOfGivingWay, SessionShare } from './session-share.ts';
import { type SessionKeeper, TransportSession } from './transport-session.ts';

export interface SessionTableOptions {
  readonly clock: Clock;
  readonly account: Account;
  /** Sessions open at a time over each transport. */
  readonly maxSessions: number;
  /** Memory that the sessions of one address take, and all together, in octets. */
  readonly maxAddressOctets: number;
  readonly maxOctets: number;
  /** A session from which no whole message came for so long ends. */
  readonly idleTimeoutMs: number;
  /** A template that was not sent again over UDP for so long is forgotten (RFC 7011 section 8.4). */
  readonly templateLifetimeMs: number;
}

/** So large a part of the sessions gives way at once: finding them means a look at all. */
const PART_GIVING_WAY = 1 / 32;
/** An address that has a larger part of the sessions than this gives way to others. */
const FAIR_PART = 1 / 8;
/** What is left of octets when they had become too many. */
const PART_LEFT = 7 / 8;

/**
 * All sessions that are open, bounded in number and in memory. An address that takes more than its share gives way, so
 * that nobody can take the room of others. Sessions over UDP, whose senders can call themselves anything, have a room of their own.
 */
export class SessionTable implements SessionKeeper {
  readonly #options: SessionTableOptions;
  readonly #shares = { tcp: new Map<string, SessionShare>(), udp: new Map<string, SessionShare>() };
  readonly #sizes = { tcp: 0, udp: 0 };
  readonly #sessions = new Set<TransportSession>();
  #octets = 0;

  constructor(options: SessionTableOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Octets that all sessions take in memory, on the safe side. */
  get octets(): number {
    return this.#octets;
  }

  [Symbol.iterator](): Iterator<TransportSession> {
    return this.#sessions.values();
  }

  /**
   * Opens a session. When there is no room, sessions of the address that has too many give way, or else those that were
   * silent longest.
   * @param end ends the session from this side
   */
  open(protocol: 'tcp' | 'udp', peer: string, end: () => void): TransportSession {
    if (this.#sizes[protocol] >= this.#options.maxSessions) this.#makeRoom(protocol);
    const session = new TransportSession(protocol, peer, this, end);
    const shares = this.#shares[protocol];
    const share = shares.get(session.address) ?? new SessionShare();
    shares.set(session.address, share);
    share.add(session);
    this.#sessions.add(session);
    this.#sizes[protocol]++;
    this.#grown(session, session.octets);
    return session;
  }

  close(session: TransportSession): void {
    if (!this.#sessions.delete(session)) return;
    const { protocol, address, octets } = session;
    const share = this.#shareOf(session);
    share.remove(session);
    if (share.sessions.size === 0) this.#shares[protocol].delete(address);
    this.#sizes[protocol]--;
    this.#octets -= octets;
  }

  /** Ends what has been silent too long and forgets templates that are too old. */
  sweep(): void {
    const { account, clock, idleTimeoutMs, templateLifetimeMs } = this.#options;
    const now = clock.monotonic();
    for (const session of this.#sessions) {
      if (session.protocol === 'udp') {
        account.note('templates expired', session.templates.expire(templateLifetimeMs));
      }
      if (now - session.lastHeardMs < idleTimeoutMs) continue;
      account.note('sessions timed out');
      this.#end(session);
    }
  }

  // What sessions tell.

  now(): number {
    return this.#options.clock.monotonic();
  }

  note(event: string): void {
    this.#options.account.note(event);
  }

  admits(session: TransportSession, fields: number): boolean {
    return !this.#sessions.has(session) || this.#shareOf(session).admits(fields, this.now());
  }

  grow(session: TransportSession, octets: number): void {
    if (!this.#sessions.has(session)) return;
    this.#shareOf(session).octets += octets;
    this.#grown(session, octets);
  }

  #shareOf({ protocol, address }: TransportSession): SessionShare {
    return this.#shares[protocol].get(address)!;
  }

  /** Keeps the memory within its bounds. @param session gives way last */
  #grown(session: TransportSession, octets: number): void {
    const { maxAddressOctets, maxOctets } = this.#options;
    this.#octets += octets;
    if (octets <= 0) return;
    const share = this.#shareOf(session);
    if (share.octets > maxAddressOctets) this.#shrink(share, maxAddressOctets * PART_LEFT, session);
    while (this.#octets > maxOctets) {
      const largest = [...this.#shares.tcp.values(), ...this.#shares.udp.values()].reduce((a, b) =>
        a.octets >= b.octets ? a : b,
      );
      const over = this.#octets - maxOctets * PART_LEFT;
      if (!this.#shrink(largest, Math.max(largest.octets * PART_LEFT, largest.octets - over), session))
        return;
    }
  }

  /** Ends sessions of the share until they take so many octets. @returns whether any was ended */
  #shrink(share: SessionShare, octets: number, last: TransportSession): boolean {
    const before = share.sessions.size;
    for (const session of inOrderOfGivingWay(share.sessions)) {
      if (share.octets <= octets) break;
      if (session !== last) this.#giveWay(session);
    }
    return share.sessions.size < before;
  }

  #makeRoom(protocol: 'tcp' | 'udp'): void {
    const { maxSessions } = this.#options;
    const [largest] = [...this.#shares[protocol].values()].sort((a, b) => b.sessions.size - a.sessions.size);
    const isUnfair = largest!.sessions.size > Math.max(1, maxSessions * FAIR_PART);
    const all = isUnfair ? largest!.sessions : [...this.#sessions].filter((one) => one.protocol === protocol);
    const ended = inOrderOfGivingWay(all).slice(0, Math.max(1, Math.floor(maxSessions * PART_GIVING_WAY)));
    for (const session of ended) this.#giveWay(session);
  }

  #giveWay(session: TransportSession): void {
    this.note('sessions gave way');
    this.#end(session);
  }

  #end(session: TransportSession): void {
    this.close(session);
    session.end();
  }
}
