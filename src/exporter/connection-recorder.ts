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

/** How long an unanswered connection waits for the firewall's log before its first record. */
export const DENIAL_MS = 1_000;

const NEVER = Number.POSITIVE_INFINITY;

/** Asks whether the firewall's log shows a denial. */
export type DeniedIndex = Pick<DeniedConnections, 'isDenied'>;

export interface ConnectionRecorderOptions {
  readonly filter: ConnectionFilter;
  readonly schedule: RecordSchedule;
  readonly writer: FlowWriter;
  /** Whether ends of connections arrive as events, so that one without any may still be reported. */
  readonly events: boolean;
  /** The reader of a firewall's log. */
  readonly denied?: DeniedIndex | undefined;
  /**
   * Unit: connections. Received: first seen; sent: ended and fully recorded; dropped: never exported; held:
   * `held`.
   */
  readonly account: Account;
}

/**
 * Makes the records of connections when they are due and releases connections that are over.
 *
 * A connection that never had an answer and whose packets the firewall's log shows as denied becomes a denied
 * flow, not a connection. (When the firewall drops the first packet on its way in or through, the kernel
 * keeps no connection. It does when both ends are on this host.) Once it has a record, or an answer that was
 * let through, it stays a connection.
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

  /** Connections that are kept for export. */
  get held(): number {
    return this.#table.size - this.#leftOut;
  }

  /** Keeps a connection only to recognise it. */
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
   * Examines at most `budget` due rows; false when there may be more. The next call continues there.
   * @param isDumping whether a dump is in progress, which may still show destroyed connections
   */
  expire(nowMs: number, budget: number, isDumping: boolean): boolean {
    const { deadlineMs } = this.#table;
    return this.#scan(budget, (row) => {
      if (deadlineMs[row]! > nowMs) return false;
      this.#expireRow(row, nowMs, isDumping);
      return true;
    });
  }

  /** The agent stops: records the rest of every connection and releases it. In steps, as `expire`. */
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

  /** @param look returns whether the row cost work */
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

  /** Without a record, and without an answer other than a reset, which may be the firewall's. */
  #isUnanswered(row: number): boolean {
    const { status, endReason } = this.#table;
    if (endReason[row] !== 0) return false;
    return (status[row]! & ConnectionStatus.seenReply) === 0 || this.#isRefused(row);
  }

  /** A TCP connection that got nothing back but at most one reset for each packet. */
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

  /** Without a record, and with answers that the other end has not reacted to. They may have been denied. */
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
