import type { Account, Clock } from '../../runtime/index.ts';
import type { TransportName } from '../transport-kind.ts';
import { inOrderOfGivingWay, SessionShare } from './session-share.ts';
import { type SessionKeeper, type SessionTraits, TransportSession } from './transport-session.ts';

export interface SessionTableOptions {
  readonly clock: Clock;
  readonly account: Account;
  /** Maximum open sessions from proven addresses, and from others. */
  readonly maxSessions: number;
  /** Maximum octets of memory for the sessions of one address, and for all. */
  readonly maxAddressOctets: number;
  readonly maxOctets: number;
  /** A session ends after this long without a whole message. */
  readonly idleTimeoutMs: number;
  /** A template over UDP expires when it was not sent again for this long (RFC 7011 section 8.4). */
  readonly templateLifetimeMs: number;
  /** Told of a session with its first message, and when it ends. Without a message it is no exporter's. */
  readonly onPassage?: ((change: Passage, session: TransportSession) => void) | undefined;
}

/** What an exporter does: its session has begun, or ended. */
export type Passage = 'came' | 'went';

/** Names over UDP expire after this many lifetimes of a template: routers send their tables twice an hour. */
export const NAME_LIFETIMES = 2;
/** The part of the sessions that gives way at once: finding them takes a look at all. */
const PART_GIVING_WAY = 1 / 32;
/** An address with a larger part of the sessions gives way to others. */
const FAIR_PART = 1 / 8;
/** The part of the octets that stays when there were too many. */
const PART_LEFT = 7 / 8;

/** The sessions of one kind of transport, as shares by address. */
class SessionRoom {
  readonly shares = new Map<string, SessionShare>();
  sessions = 0;
}

/**
 * All open sessions, bounded in number and memory. An address that takes more than its share gives way, so
 * that nobody can take the room of others. Sessions whose senders can claim any address, as over UDP, have a
 * separate room.
 */
export class SessionTable implements SessionKeeper {
  readonly #options: SessionTableOptions;
  readonly #proven = new SessionRoom();
  readonly #unproven = new SessionRoom();
  readonly #sessions = new Set<TransportSession>();
  #octets = 0;

  constructor(options: SessionTableOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Octets of memory of all sessions, as an upper bound. */
  get octets(): number {
    return this.#octets;
  }

  [Symbol.iterator](): Iterator<TransportSession> {
    return this.#sessions.values();
  }

  /**
   * Opens a session. When there is no room, sessions of an address with too many give way, or else the
   * longest silent.
   * @param end ends the session from this side
   */
  open(protocol: TransportName, peer: string, end: () => void, traits: SessionTraits = {}): TransportSession {
    const session = new TransportSession(protocol, peer, this, end, traits);
    const room = this.#roomOf(session);
    if (room.sessions >= this.#options.maxSessions) this.#makeRoom(room);
    const { shares } = room;
    const share = shares.get(session.address) ?? new SessionShare();
    shares.set(session.address, share);
    share.add(session);
    this.#sessions.add(session);
    room.sessions++;
    this.#octets += session.overheadOctets;
    this.#grown(session, session.octets);
    return session;
  }

  close(session: TransportSession): void {
    if (!this.#sessions.delete(session)) return;
    if (session.domains.size > 0) this.#options.onPassage?.('went', session);
    const room = this.#roomOf(session);
    const share = this.#shareOf(session);
    share.remove(session);
    if (share.sessions.size === 0) room.shares.delete(session.address);
    room.sessions--;
    this.#octets -= session.octets + session.overheadOctets;
  }

  /** Ends sessions that were silent too long and expires templates. */
  sweep(): void {
    const { account, clock, idleTimeoutMs, templateLifetimeMs } = this.#options;
    const now = clock.monotonic();
    for (const session of this.#sessions) {
      if (!session.transport.isReliable) {
        account.note('templates expired', session.templates.expire(templateLifetimeMs));
        session.expireNames(now - NAME_LIFETIMES * templateLifetimeMs);
      }
      if (now - session.lastHeardMs < idleTimeoutMs) continue;
      account.note('sessions timed out');
      this.#end(session);
    }
  }

  // Calls from sessions.

  now(): number {
    return this.#options.clock.monotonic();
  }

  note(event: string): void {
    this.#options.account.note(event);
  }

  hear(session: TransportSession): void {
    if (this.#sessions.has(session)) this.#options.onPassage?.('came', session);
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
    return transport.isReliable || transport.isSecured ? this.#proven : this.#unproven;
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
      const largest = [...this.#proven.shares.values(), ...this.#unproven.shares.values()].reduce((a, b) =>
        a.octets >= b.octets ? a : b,
      );
      const over = this.#octets - maxOctets * PART_LEFT;
      if (!this.#shrink(largest, Math.max(largest.octets * PART_LEFT, largest.octets - over), session))
        return;
    }
  }

  /** Ends sessions of the share until it fits into `octets`. @returns whether any ended */
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
