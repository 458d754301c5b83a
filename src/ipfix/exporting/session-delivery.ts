import type { OtherEnd } from './transport.ts';
import { UnconfirmedRecords } from './unconfirmed-records.ts';

/** Longest time until a collector has read what its host has acknowledged, while both work. */
const READING_MS = 2_000;
/**
 * Longest time between the first lost datagram and an ICMP refusal. A busy host sends one a second to each
 * destination (net.ipv4.icmp_ratelimit); add a second for the way.
 */
const REFUSAL_MS = 2_000;
/** Datagrams sent earlier are not counted when a session ends: it ends much sooner after a loss. */
const DATAGRAM_MEMORY_MS = 120_000;

/** How a session ended, which determines what may be lost. */
export type EndKind =
  /** Both ends closed it. */
  | 'closed'
  /** The other host refused data, or dropped data that the collector had not read. */
  | 'refused'
  /** Nothing more came from the other host. */
  | 'silent';

/** What is known about the delivery of a session's records to the collector, and what stays unknown. */
export class SessionDelivery {
  readonly #sent = new UnconfirmedRecords();
  readonly #isReliable: boolean;
  #octets = 0;
  #lastSentMs = 0;
  #acknowledgedOctets = 0;
  #unansweredSinceMs: number | undefined;
  /** When the collector was last known to be at the session's address. */
  #placedMs: number | undefined;

  constructor(isReliable: boolean) {
    this.#isReliable = isReliable;
  }

  /** Since when the other host has not answered, though data was sent. */
  get unansweredSinceMs(): number | undefined {
    return this.#unansweredSinceMs;
  }

  /**
   * Call for each message sent. All times are monotonic. Returns its end in the session's stream of octets.
   */
  sending(octets: number, nowMs: number): number {
    this.#lastSentMs = nowMs;
    this.#octets += octets;
    return this.#octets;
  }

  /** The operating system has taken a message of records. */
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

  /** Records that the operating system has taken and that may be lost, after the session's end. */
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
