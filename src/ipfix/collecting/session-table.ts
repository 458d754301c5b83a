import type { Account, Clock } from '../../runtime/index.ts';
import { TransportSession } from './transport-session.ts';

export interface SessionTableOptions {
  readonly clock: Clock;
  readonly account: Account;
  readonly maxSessions: number;
  /** A session from which no whole message came for so long ends. */
  readonly idleTimeoutMs: number;
  /** A template that was not sent again over UDP for so long is forgotten (RFC 7011 section 8.4). */
  readonly templateLifetimeMs: number;
}

/** All sessions that are open, bounded: strangers cannot take the room of exporters. */
export class SessionTable {
  readonly #options: SessionTableOptions;
  readonly #sessions = new Set<TransportSession>();
  /** Those that had no template when last looked at, the oldest first. */
  readonly #strangers = new Set<TransportSession>();

  constructor(options: SessionTableOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#sessions.size;
  }

  [Symbol.iterator](): Iterator<TransportSession> {
    return this.#sessions.values();
  }

  /**
   * Opens a session. When there is no room, the oldest of those without any template gives way: it has
   * told nothing that could be read.
   * @param end ends the session from this side
   * @returns undefined, counted, when all that are open are exporters'
   */
  open(protocol: 'tcp' | 'udp', peer: string, end: () => void): TransportSession | undefined {
    const { account, clock, maxSessions } = this.#options;
    if (this.#sessions.size >= maxSessions && !this.#makeRoom()) {
      account.note('sessions refused');
      return undefined;
    }
    const session = new TransportSession(protocol, peer, () => clock.monotonic(), end);
    this.#sessions.add(session);
    this.#strangers.add(session);
    return session;
  }

  close(session: TransportSession): void {
    this.#sessions.delete(session);
    this.#strangers.delete(session);
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

  /** Costs a flood no more than itself: each session is looked at once, until it has a template. */
  #makeRoom(): boolean {
    for (const session of this.#strangers) {
      this.#strangers.delete(session);
      if (session.templates.size > 0) continue;
      this.#options.account.note('sessions gave way');
      this.#end(session);
      return true;
    }
    return false;
  }

  #end(session: TransportSession): void {
    this.close(session);
    session.end();
  }
}
