import type { Account, Clock } from '../../runtime/index.ts';
import type { TransportName } from '../transport-kind.ts';
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

/** The sessions of one kind of transport, as shares by address. */
class SessionRoom {
  readonly shares = new Map<string, SessionShare>();
  sessions = 0;
}

/**
 * All sessions that are open, bounded in number and in memory. An address that takes more than its share
 * gives way, so that nobody can take the room of others. Sessions whose senders can call themselves anything,
 * as over UDP, have a room of their own.
 */
export class SessionTable implements SessionKeeper {
  readonly #options: SessionTableOptions;
  readonly #reliable = new SessionRoom();
  readonly #unreliable = new SessionRoom();
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
   * Opens a session. When there is no room, sessions of the address that has too many give way, or else those
   * that were silent longest.
   * @param end ends the session from this side
   */
  open(protocol: TransportName, peer: string, end: () => void): TransportSession {
    const session = new TransportSession(protocol, peer, this, end);
    const room = this.#roomOf(session);
    if (room.sessions >= this.#options.maxSessions) this.#makeRoom(room);
    const { shares } = room;
    const share = shares.get(session.address) ?? new SessionShare();
    shares.set(session.address, share);
    share.add(session);
    this.#sessions.add(session);
    room.sessions++;
    this.#grown(session, session.octets);
    return session;
  }

  close(session: TransportSession): void {
    if (!this.#sessions.delete(session)) return;
    const room = this.#roomOf(session);
    const share = this.#shareOf(session);
    share.remove(session);
    if (share.sessions.size === 0) room.shares.delete(session.address);
    room.sessions--;
    this.#octets -= session.octets;
  }

  /** Ends what has been silent too long and forgets templates that are too old. */
  sweep(): void {
    const { account, clock, idleTimeoutMs, templateLifetimeMs } = this.#options;
    const now = clock.monotonic();
    for (const session of this.#sessions) {
      if (!session.transport.isReliable) {
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

  #roomOf({ transport }: TransportSession): SessionRoom {
    return transport.isReliable ? this.#reliable : this.#unreliable;
  }

  #shareOf(session: TransportSession): SessionShare {
    return this.#roomOf(session).shares.get(session.address)!;
  }

  /** Keeps the memory within its bounds. @param session gives way last */
  #grown(session: TransportSession, octets: number): void {
    const { maxAddressOctets, maxOctets } = this.#options;
    this.#octets += octets;
    if (octets <= 0) return;
    const share = this.#shareOf(session);
    if (share.octets > maxAddressOctets) this.#shrink(share, maxAddressOctets * PART_LEFT, session);
    while (this.#octets > maxOctets) {
      const largest = [...this.#reliable.shares.values(), ...this.#unreliable.shares.values()].reduce(
        (a, b) => (a.octets >= b.octets ? a : b),
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

  #makeRoom(room: SessionRoom): void {
    const { maxSessions } = this.#options;
    const [largest] = [...room.shares.values()].sort((a, b) => b.sessions.size - a.sessions.size);
    const isUnfair = largest!.sessions.size > Math.max(1, maxSessions * FAIR_PART);
    const all = isUnfair
      ? largest!.sessions
      : [...this.#sessions].filter((one) => this.#roomOf(one) === room);
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
