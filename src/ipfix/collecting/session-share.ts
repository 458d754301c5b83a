import type { TransportSession } from './transport-session.ts';

/**
 * Fields that say something new, which one source may announce in a minute: ten exporters' templates each
 * second.
 */
const FIELDS_A_MINUTE = 262_144;
const MINUTE_MS = 60_000;

/** All sessions of one address: what it has of the room for sessions. */
export class SessionShare {
  readonly sessions = new Set<TransportSession>();
  /** Octets that they take in memory. */
  octets = 0;
  #fields = 0;
  #minuteEndsMs = 0;

  add(session: TransportSession): void {
    this.sessions.add(session);
    this.octets += session.octets;
  }

  remove(session: TransportSession): void {
    if (this.sessions.delete(session)) this.octets -= session.octets;
  }

  /** Counts fields that a session of the share announces. False when that is more than may be in a minute. */
  admits(fields: number, nowMs: number): boolean {
    if (nowMs >= this.#minuteEndsMs) {
      this.#minuteEndsMs = nowMs + MINUTE_MS;
      this.#fields = 0;
    }
    this.#fields += fields;
    return this.#fields <= FIELDS_A_MINUTE;
  }
}

/**
 * Those that give way first at the front: without any template, which have told nothing that could be read;
 * then with one message only, which whoever makes up an address sends; then the others. Of each the longest
 * silent.
 */
export function inOrderOfGivingWay(sessions: Iterable<TransportSession>): TransportSession[] {
  return [...sessions].sort((a, b) => rankOf(a) - rankOf(b) || a.lastHeardMs - b.lastHeardMs);
}

const rankOf = ({ templates, messages }: TransportSession): number =>
  templates.size === 0 ? 0 : messages < 2 ? 1 : 2;
