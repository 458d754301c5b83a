import { EndReason } from '../flow/index.ts';
import type { Account } from '../runtime/index.ts';
import type { ConnectionFilter, LeftOut } from './connection-filter.ts';
import {
  ADDRESS_WORDS,
  type ConnectionTable,
  Flag,
  ORIGINAL_SOURCE,
  Phase,
  REPLY_SOURCE,
} from './connection-table.ts';
import { ConnectionStatus } from './conntrack/index.ts';
import type { DeniedConnections } from './denied/index.ts';
import type { FlowWriter } from './flow-writer.ts';
import type { RecordSchedule } from './record-schedule.ts';

/** How long a connection without an answer waits for the firewall's log before its first record. */
export const DENIAL_MS = 1_000;

const NEVER = Number.POSITIVE_INFINITY;

/** What the firewall's log knows. */
export type DeniedIndex = Pick<DeniedConnections, 'isDenied'>;

export interface ConnectionRecorderOptions {
  readonly filter: ConnectionFilter;
  readonly schedule: RecordSchedule;
  readonly writer: FlowWriter;
  /**
   * Whether the end of a connection comes as an event, so that one which is given up may still be told of.
   */
  readonly events: boolean;
  /** Where a firewall's log is read. */
  readonly denied?: DeniedIndex | undefined;
  /**
   * Unit: connections. Received: seen first; sent: ended, with everything told; dropped: never exported;
   * held: `held`.
   */
  readonly account: Account;
}

/**
 * Makes the records of connections when they are due and lets go of connections that are over.
 *
 * A connection that never had an answer and whose packets the firewall's log shows as denied is told as a
 * denied flow, not as a connection. (Where the firewall drops the first packet on its way in or through, the
 * kernel keeps no connection at all; it does when both ends are on this host.) Once it has a record, or an
 * answer that was let through, it stays a connection.
 */
export class ConnectionRecorder {
  readonly account: Account;
  readonly #table: ConnectionTable;
  readonly #options: ConnectionRecorderOptions;
  #leftOut = 0;
  #scanAt = 0;

  constructor(table: ConnectionTable, options: ConnectionRecorderOptions) {
    this.#table = table;
    this.#options = options;
    this.account = options.account;
  }

  /** Connections that are kept to be exported. */
  get held(): number {
    return this.#table.size - this.#leftOut;
  }

  /** Keeps a connection only so that it is recognised. */
  leaveOut(row: number, reason: LeftOut | 'denied'): void {
    const { flags } = this.#table;
    flags[row] = flags[row]! | Flag.leftOut;
    this.#leftOut++;
    this.account.drop(reason);
    this.#options.schedule.plan(row);
  }

  record(row: number, reason: number, nowMs: number): void {
    this.#options.writer.write(this.#table, row, reason);
    this.#options.schedule.recorded(row, reason, nowMs);
  }

  /** Records at once a connection that ended and found no place in the table. */
  recordSpare(nowMs: number): void {
    const row = this.#table.spareRow;
    this.account.received++;
    const leftOut =
      this.#options.filter.reasonToLeaveOut(this.#table, row) ?? (this.#isDenied(row) ? 'denied' : undefined);
    if (leftOut !== undefined) {
      this.account.drop(leftOut);
      return;
    }
    this.record(row, EndReason.end, nowMs);
    this.account.sent++;
  }

  /**
   * Looks at the rows that are due, at most `budget` of them; false when there may be more. The next call
   * goes on from there.
   * @param isDumping whether a dump is under way, which may still show what has been destroyed
   */
  expire(nowMs: number, budget: number, isDumping: boolean): boolean {
    const { deadlineMs } = this.#table;
    return this.#scan(budget, (row) => {
      if (deadlineMs[row]! > nowMs) return false;
      this.#expireRow(row, nowMs, isDumping);
      return true;
    });
  }

  /** The agent stops: tells the rest of every connection and lets go of it. In steps, as `expire`. */
  finish(nowMs: number, budget: number): boolean {
    const { schedule, filter } = this.#options;
    return this.#scan(budget, (row) => {
      if (!this.#table.isUsed(row)) return false;
      if (this.#hasLastWord(row)) {
        const leftOut = filter.isOwnExport(this.#table, row) ? 'own export' : this.#isDenied(row) && 'denied';
        if (leftOut) this.leaveOut(row, leftOut);
        else this.record(row, schedule.hasEnded(row) ? EndReason.end : EndReason.forced, nowMs);
      }
      this.#release(row);
      return true;
    });
  }

  /** @param look whether the row was work */
  #scan(budget: number, look: (row: number) => boolean): boolean {
    let left = budget;
    for (const { highWater } = this.#table; this.#scanAt < highWater; this.#scanAt++) {
      if (!look(this.#scanAt) || --left > 0) continue;
      this.#scanAt++;
      return false;
    }
    this.#scanAt = 0;
    return true;
  }

  #expireRow(row: number, nowMs: number, isDumping: boolean): void {
    const { phase, deadlineMs } = this.#table;
    const isEnded = phase[row]! >= Phase.gone;
    if (!isEnded || this.#hasLastWord(row)) this.#recordDue(row, nowMs);
    if (!isEnded || this.#hasLastWord(row)) return;
    const mayComeAgain =
      (phase[row] === Phase.destroyed && isDumping) ||
      (phase[row] === Phase.gone && this.#options.events && !this.#isLeftOut(row));
    if (mayComeAgain) deadlineMs[row] = NEVER;
    else this.#release(row);
  }

  #hasLastWord(row: number): boolean {
    return !this.#isLeftOut(row) && this.#options.schedule.hasLastWord(row);
  }

  #recordDue(row: number, nowMs: number): void {
    const { deadlineMs, beganMs, phase } = this.#table;
    const { filter, schedule, denied } = this.#options;
    if (!(schedule.hasEnded(row) ? schedule.hasLastWord(row) : schedule.hasNews(row))) {
      schedule.silence(row);
    } else if (filter.isOwnExport(this.#table, row)) {
      this.leaveOut(row, 'own export');
    } else if (denied !== undefined && this.#isUnanswered(row) && nowMs - beganMs[row]! < DENIAL_MS) {
      deadlineMs[row] = beganMs[row]! + DENIAL_MS;
    } else if (this.#isDenied(row)) {
      if (phase[row]! >= Phase.gone) this.leaveOut(row, 'denied');
      else deadlineMs[row] = nowMs + DENIAL_MS;
    } else {
      this.record(row, schedule.reason(row), nowMs);
    }
  }

  #isLeftOut(row: number): boolean {
    return (this.#table.flags[row]! & Flag.leftOut) !== 0;
  }

  /** Without a record, and without an answer other than a reset, which may be the firewall's own. */
  #isUnanswered(row: number): boolean {
    const { status, endReason } = this.#table;
    if (endReason[row] !== 0) return false;
    return (status[row]! & ConnectionStatus.seenReply) === 0 || this.#isRefused(row);
  }

  /** A TCP connection to each packet of which at most a reset came back. */
  #isRefused(row: number): boolean {
    const { totals, status } = this.#table;
    const isOpened = (status[row]! & ConnectionStatus.assured) !== 0;
    return this.#options.schedule.wasReset(row) && !isOpened && totals[4 * row + 2]! <= totals[4 * row]!;
  }

  #isDenied(row: number): boolean {
    const { denied } = this.#options;
    if (denied === undefined) return false;
    const isUnanswered = this.#isUnanswered(row);
    if (!isUnanswered && !this.#isHalfOpen(row)) return false;
    const { protocol, addresses, ports } = this.#table;
    const words = row * ADDRESS_WORDS;
    const [client, server] = [words + ORIGINAL_SOURCE, words + REPLY_SOURCE];
    const [clientPort, serverPort] = [ports[4 * row]!, ports[4 * row + 2]!];
    const itsProtocol = protocol[row]!;
    if (isUnanswered) {
      return denied.isDenied(addresses, client, addresses, server, clientPort, serverPort, itsProtocol);
    }
    return denied.isDenied(addresses, server, addresses, client, serverPort, clientPort, itsProtocol);
  }

  /** Without a record, and with answers that the other end has not acted upon. They may have been denied. */
  #isHalfOpen(row: number): boolean {
    const { status, endReason } = this.#table;
    return endReason[row] === 0 && (status[row]! & ConnectionStatus.assured) === 0;
  }

  #release(row: number): void {
    if (this.#isLeftOut(row)) this.#leftOut--;
    else this.account.sent++;
    this.#table.remove(row);
  }
}
