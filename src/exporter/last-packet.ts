import { Protocol } from '../flow/index.ts';
import type { ConnectionTable } from './connection-table.ts';
import type { ConnectionBatch } from './conntrack/index.ts';
import type { RecordSchedule } from './record-schedule.ts';

/** The kernel reports the rest of a timeout in whole seconds. */
const SECOND_MS = 1_000;
/** Error of the end of a timeout, which the kernel counts in jiffies. */
const JIFFIES_MS = 20;

/**
 * When the last packet of a connection arrived, as far as the kernel shows it. All times are monotonic, in
 * milliseconds.
 */
export class LastPacket {
  readonly #table: ConnectionTable;
  readonly #schedule: RecordSchedule;

  constructor(table: ConnectionTable, schedule: RecordSchedule) {
    this.#table = table;
    this.#schedule = schedule;
  }

  /**
   * By a dump's row: at the known time, unless the row shows another. It does so by the rest of its timeout,
   * or by a TCP state that no event has shown yet (`isAhead`).
   * @param writtenMs when the kernel wrote the row, which has an idle time
   */
  before(row: number, batch: ConnectionBatch, at: number, writtenMs: number, isAhead: boolean): number {
    const { lastPacketMs, beganMs } = this.#table;
    const idleMs = batch.idleMs[at]!;
    const latestMs = Math.min(writtenMs, writtenMs - idleMs + SECOND_MS);
    const knownMs = lastPacketMs[row]!;
    const isPossible = knownMs >= writtenMs - idleMs && knownMs <= latestMs;
    // That which began a connection with answers was not the last.
    if (isPossible && !isAhead && (knownMs > beganMs[row]! || !(batch.replyPackets[at]! > 0))) return knownMs;
    const fromMs = isPossible ? knownMs : Math.max(beganMs[row]!, writtenMs - idleMs);
    return (fromMs + Math.max(beganMs[row]!, latestMs)) / 2;
  }

  /**
   * By a destroyed connection: a whole timeout before its end, if that agrees with what is known. Otherwise
   * it was not idle that long. Somebody deleted it, or the only answer was a reset, after which the kernel
   * removes it at once.
   * @param isMore whether it has packets that were not known
   */
  beforeEnd(row: number, batch: ConnectionBatch, at: number, stopMs: number, isMore: boolean): number {
    const { lastPacketMs, beganMs, totals } = this.#table;
    const knownMs = Math.min(lastPacketMs[row]!, stopMs);
    const idledMs = stopMs - batch.idleMs[at]!;
    const isRefused = this.#schedule.wasReset(row) && batch.replyPackets[at]! <= 1;
    const isAtLeast = idledMs >= Math.max(knownMs - SECOND_MS, beganMs[row]! - JIFFIES_MS);
    const isAtMost = isMore || Number.isNaN(totals[4 * row]) || idledMs <= knownMs + SECOND_MS;
    if (isRefused || !isAtLeast || !isAtMost) return isMore ? stopMs : knownMs;
    return Math.abs(idledMs - knownMs) <= JIFFIES_MS ? knownMs : Math.max(beganMs[row]!, idledMs);
  }

  /**
   * Whether somebody deleted a UDP flow, since its timeout was not over. The kernel itself removes TCP
   * connections early: after a reset, and when a new one has the same ports.
   */
  wasDeleted(row: number, batch: ConnectionBatch, at: number, stopMs: number): boolean {
    if (batch.protocol[at] !== Protocol.udp) return false;
    return stopMs - batch.idleMs[at]! < this.#table.lastPacketMs[row]! - SECOND_MS;
  }
}
