import type { TransportSession } from './transport-session.ts';

/** Maximum new fields that one source may announce in a minute: ten exporters' templates each second. */
const FIELDS_A_MINUTE = 262_144;
const MINUTE_MS = 60_000;

/** All sessions of one address: its share of the room for sessions. */
export class SessionShare {
  readonly sessions = new Set<TransportSession>();
  /** Their octets of memory. */
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

  /** Counts fields that a session of the share announces. False when the minute's maximum is exceeded. */
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
 * Sessions in the order in which they give way. First those without any template, which have sent nothing
 * readable. Then those with a single message, as spoofed addresses send. Then the others. Within each, the
 * longest silent first.
 */
export function inOrderOfGivingWay(sessions: Iterable<TransportSession>): TransportSession[] {
  return [...sessions].sort((a, b) => rankOf(a) - rankOf(b) || a.lastHeardMs - b.lastHeardMs);
}

const rankOf = ({ templates, messages }: TransportSession): number =>
  templates.size === 0 ? 0 : messages < 2 ? 1 : 2;
