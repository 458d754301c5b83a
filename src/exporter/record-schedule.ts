import { EndReason, Protocol } from '../flow/index.ts';
import { type ConnectionTable, Flag, Phase } from './connection-table.ts';

export interface RecordTimeouts {
  /** An ongoing flow is recorded this often. */
  readonly activeTimeoutMs: number;
  /** A flow without a packet for this long is recorded, then not again until its next packet. */
  readonly idleTimeoutMs: number;
}

/** TCP states from which no connection comes back (linux/netfilter/nf_conntrack_tcp.h). */
const TIME_WAIT = 7;
const CLOSE = 8;

/**
 * When a connection's next record is due, and for which reason (RFC 7011 section 5.1.1, RFC 5102 section
 * 5.11.3):
 *
 *     2 active   something is new, and the last record, or the start, is an active timeout ago
 *     1 idle     something is new, and a dump has found no packet for an idle timeout
 *     3 end      the connection ended, or TCP's closing handshake is over and its counters are known
 *     4 forced   the agent stops
 *
 * A record is made only when it has something new. There is one exception: a flow whose last record had an
 * active timeout gets a record of its end. When counters are not yet known (only new and update events so
 * far), the record waits for them.
 */
export class RecordSchedule {
  readonly #table: ConnectionTable;
  /** They may change at any time: what is planned from then on goes by them. */
  timeouts: RecordTimeouts;

  constructor(table: ConnectionTable, timeouts: RecordTimeouts) {
    this.#table = table;
    this.timeouts = timeouts;
  }

  /** Sets the row's deadline from what is known now. */
  plan(row: number): void {
    this.#table.deadlineMs[row] = this.#due(row);
  }

  /** Notes that a packet passed, and plans. */
  packetAt(row: number, timeMs: number): void {
    const { flags, lastPacketMs, activeSinceMs, endReason } = this.#table;
    const isFirstNews = (flags[row]! & Flag.unreported) === 0;
    const wasIdle =
      endReason[row] === EndReason.idle || timeMs - lastPacketMs[row]! >= this.timeouts.idleTimeoutMs;
    if (isFirstNews && wasIdle && endReason[row] !== 0) activeSinceMs[row] = timeMs;
    if (timeMs > lastPacketMs[row]!) lastPacketMs[row] = timeMs;
    flags[row] = (flags[row]! | Flag.unreported) & ~Flag.idle;
    this.plan(row);
  }

  /** Notes that a dump found no new packet, and plans. */
  quietAt(row: number, timeMs: number): void {
    const { flags, lastPacketMs, deadlineMs } = this.#table;
    if ((flags[row]! & (Flag.unreported | Flag.known | Flag.idle)) !== (Flag.unreported | Flag.known)) return;
    if (timeMs - lastPacketMs[row]! < this.timeouts.idleTimeoutMs) return;
    flags[row] = flags[row]! | Flag.idle;
    deadlineMs[row] = DUE;
  }

  /** The reason of a due record. */
  reason(row: number): number {
    const { flags } = this.#table;
    if (this.hasEnded(row)) return EndReason.end;
    return (flags[row]! & Flag.idle) !== 0 ? EndReason.idle : EndReason.active;
  }

  hasEnded(row: number): boolean {
    return this.#table.phase[row]! >= Phase.gone || this.isClosed(row);
  }

  /** Whether the end of the connection needs a record. */
  hasLastWord(row: number): boolean {
    return this.#table.endReason[row] === EndReason.active || this.hasNews(row);
  }

  /**
   * Whether a record would have anything new. The event may have arrived after the dump that counted its
   * packet.
   */
  hasNews(row: number): boolean {
    const { flags, endReason, totals, recorded } = this.#table;
    if (endReason[row] === 0) return true;
    const t = 4 * row;
    if (Number.isNaN(totals[t])) return (flags[row]! & Flag.unreported) !== 0;
    for (let i = t; i < t + 4; i++) if (totals[i] !== recorded[i]) return true;
    return false;
  }

  /** Notes that there was nothing new after all. */
  silence(row: number): void {
    const { flags } = this.#table;
    flags[row] = flags[row]! & ~(Flag.unreported | Flag.idle);
    this.plan(row);
  }

  /** Notes that a record was made. */
  recorded(row: number, reason: number, nowMs: number): void {
    const { flags, totals, recorded, activeSinceMs, endReason } = this.#table;
    for (let i = 4 * row; i < 4 * row + 4; i++) recorded[i] = totals[i]! || 0;
    flags[row] = flags[row]! & ~(Flag.unreported | Flag.idle);
    endReason[row] = reason;
    activeSinceMs[row] = nowMs;
    this.plan(row);
  }

  #due(row: number): number {
    const { phase, flags, activeSinceMs, endReason } = this.#table;
    const isEnded = phase[row]! >= Phase.gone;
    if ((flags[row]! & Flag.leftOut) !== 0) return isEnded ? DUE : NEVER;
    if (phase[row]! >= Phase.destroyed) return DUE;
    if (isEnded) return this.hasLastWord(row) ? DUE : NEVER;
    if ((flags[row]! & Flag.known) === 0 || (flags[row]! & Flag.unreported) === 0) return NEVER;
    if (this.isClosed(row)) return endReason[row] === EndReason.end ? NEVER : DUE;
    return (flags[row]! & Flag.idle) !== 0 ? DUE : activeSinceMs[row]! + this.timeouts.activeTimeoutMs;
  }

  /** A TCP connection after its closing handshake, or one that was reset and has been quiet since. */
  isClosed(row: number): boolean {
    const { protocol, tcpState, flags } = this.#table;
    if (protocol[row] !== Protocol.tcp) return false;
    return tcpState[row] === TIME_WAIT || (tcpState[row] === CLOSE && (flags[row]! & Flag.quiet) !== 0);
  }

  /** A TCP connection whose reset the kernel saw. The receiver may have missed or ignored it. */
  wasReset(row: number): boolean {
    const { protocol, tcpState } = this.#table;
    return protocol[row] === Protocol.tcp && tcpState[row] === CLOSE;
  }
}

const DUE = 0;
const NEVER = Number.POSITIVE_INFINITY;
