import type { OtherEnd } from './transport.ts';
import { UnconfirmedRecords } from './unconfirmed-records.ts';

/** How long a collector takes at most to read what its host has acknowledged, while both work. */
const READING_MS = 2_000;
/**
 * An ICMP refusal comes at most so long after the first datagram that was lost: a host sends one a second to
 * each destination when it has many to send (net.ipv4.icmp_ratelimit), and a second for the way.
 */
const REFUSAL_MS = 2_000;
/** What left earlier over UDP is not counted when a session ends: nobody asks so late. */
const DATAGRAM_MEMORY_MS = 120_000;

/** How a session ended, by what may be lost of it. */
export type EndKind =
  /** Both ends closed it. */
  | 'closed'
  /** The other host refused what it was sent, or threw away what the collector had not read. */
  | 'refused'
  /** Nothing more came from the other host. */
  | 'silent';

/** What is known of the way of a session's records to the collector, and what it leaves unknown. */
export class Delivery {
  readonly #sent = new UnconfirmedRecords();
  readonly #isReliable: boolean;
  #octets = 0;
  #lastSentMs = 0;
  #acknowledgedOctets = 0;
  #unansweredSinceMs: number | undefined;
  /** When it was last known that the collector is at the session's address. */
  #placedMs: number | undefined;

  constructor(isReliable: boolean) {
    this.#isReliable = isReliable;
  }

  /** Since when the other host answers nothing, though it was asked. */
  get unansweredSinceMs(): number | undefined {
    return this.#unansweredSinceMs;
  }

  /**
   * A message of any kind is sent. All times are of the monotonic clock. Returns its end in the session's
   * stream of octets.
   */
  sending(octets: number, nowMs: number): number {
    this.#lastSentMs = nowMs;
    this.#octets += octets;
    return this.#octets;
  }

  /** The operating system has a message of records. */
  taken(endOctets: number, records: number, nowMs: number): void {
    this.#sent.add(nowMs, endOctets, records);
    if (!this.#isReliable) this.#sent.forgetBefore(nowMs - DATAGRAM_MEMORY_MS);
  }

  look(otherEnd: OtherEnd | undefined, nowMs: number): void {
    if (otherEnd === undefined) return;
    this.#acknowledgedOctets = otherEnd.acknowledgedOctets;
    this.#sent.confirm(otherEnd.acknowledgedOctets - otherEnd.unreadOctets);
    if (!otherEnd.isUnanswered) this.#unansweredSinceMs = undefined;
    else this.#unansweredSinceMs ??= nowMs;
  }

  /** The collector is known to be at the session's address now. */
  placed(nowMs: number): void {
    this.#placedMs = nowMs;
  }

  /** Records that the operating system has taken and that may be lost, now that the session is over. */
  unconfirmedRecords(end: EndKind, nowMs: number): number {
    if (!this.#isReliable) {
      if (end === 'closed') return 0;
      const sinceMs = end === 'refused' ? this.#lastSentMs - REFUSAL_MS : (this.#placedMs ?? nowMs);
      return this.#sent.count(Number.POSITIVE_INFINITY, sinceMs);
    }
    switch (end) {
      case 'closed':
        return this.#sent.count(this.#acknowledgedOctets, Number.POSITIVE_INFINITY);
      case 'refused':
        return this.#sent.count(0, 0);
      case 'silent':
        return this.#sent.count(this.#acknowledgedOctets, (this.#unansweredSinceMs ?? nowMs) - READING_MS);
    }
  }
}
