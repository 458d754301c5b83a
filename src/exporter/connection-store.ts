import { EndReason } from '../flow/index.ts';
import type { ConnectionFilter } from './connection-filter.ts';
import type { ConnectionRecorder } from './connection-recorder.ts';
import { type ConnectionTable, Flag, NO_ROW, Phase } from './connection-table.ts';
import { type ConnectionBatch, ConnectionStatus, RowKind } from './conntrack/index.ts';
import type { RecordSchedule } from './record-schedule.ts';

export interface ConnectionStoreOptions {
  readonly filter: ConnectionFilter;
  readonly schedule: RecordSchedule;
  readonly recorder: ConnectionRecorder;
  /** Whether events are listened to: then the end of a connection comes as a destroy event. */
  readonly events: boolean;
}

/** A connection without counters is alive when the kernel has put off forgetting it by more than rounding makes. */
const EXPIRY_ROUNDING_MS = 1_500;

/**
 * What the agent knows of every connection, from dumps and events in whatever order the two workers hand them over.
 *
 * - Counters are totals, so a state that is told twice counts once.
 * - A connection that is destroyed stays until no dump is under way that may still show it.
 * - A connection that is not in a complete dump has ended: at once where there are no events, otherwise when the next
 *   dump does not have it either, because its destroy event may be under way. If that never comes, the last known
 *   counters stand, and the event `ended without final counters` is counted.
 * - When the table is full, a new connection is not kept (event `store full`, counted each time it is met). Its destroy event
 *   still makes its record, so with events it is told late, not lost; without, a later dump may find room for it.
 */
export class ConnectionStore {
  readonly table: ConnectionTable;
  /** Connections seen that began after `begunSinceMs`, whatever became of them. */
  begun = 0;
  begunSinceMs = 0;
  /** When the agent was started: what began before may have been told by an agent before. */
  watchedSinceMs = 0;
  readonly #options: ConnectionStoreOptions;
  #dump = 0;
  #dumpBeganMs = 0;
  #isDumping = false;
  /** No new rows from the dump under way: it may show what is already destroyed and found no place. */
  #isDumpStale = false;

  constructor(table: ConnectionTable, options: ConnectionStoreOptions) {
    this.table = table;
    this.#options = options;
  }

  get isDumping(): boolean {
    return this.#isDumping;
  }

  /** Takes in the rows of a batch of either worker. */
  merge(batch: ConnectionBatch, nowMs: number): void {
    for (let at = 0; at < batch.rows; at++) {
      const row = this.table.find(batch, at);
      switch (batch.kind[at]) {
        case RowKind.dump:
          this.#mergeDump(row, batch, at, nowMs);
          break;
        case RowKind.destroy:
          this.#mergeDestroy(row, batch, at, nowMs);
          break;
        default:
          this.#mergeEvent(row, batch, at, nowMs);
      }
    }
  }

  /** To be called before the kernel is asked for a dump. */
  dumpBegins(nowMs: number): void {
    this.#dump++;
    this.#dumpBeganMs = nowMs;
    this.#isDumping = true;
    this.#isDumpStale = false;
  }

  /** To be called when all rows of the dump are merged. @param isComplete whether it showed every connection */
  dumpEnds(isComplete: boolean): void {
    const { seenIn, phase, highWater } = this.table;
    this.#isDumping = false;
    for (let row = 0; row < highWater; row++) {
      if (phase[row] === Phase.destroyed) this.#settle(row);
      else if (isComplete && seenIn[row]! < this.#dump) this.#miss(row);
    }
  }

  #mergeEvent(found: number, batch: ConnectionBatch, at: number, nowMs: number): void {
    const row = found === NO_ROW ? this.#insert(batch, at, nowMs, nowMs) : found;
    if (row === NO_ROW) return;
    this.#seen(row);
    // Closed TCP connections do not come back: what an event says that was read later is older than the dump.
    if (this.#isLeftOut(row) || this.#options.schedule.isClosed(row)) return;
    this.#learn(row, batch, at);
    // The event carries no counters: those of a connection that has just closed are final in the next dump.
    const { flags } = this.table;
    if (this.#options.schedule.isClosed(row)) flags[row] = flags[row]! & ~Flag.known;
    this.#options.schedule.packetAt(row, nowMs);
  }

  #mergeDump(found: number, batch: ConnectionBatch, at: number, nowMs: number): void {
    const { flags, phase } = this.table;
    let row = found;
    if (row === NO_ROW) {
      const isDying = this.#options.events && (batch.status[at]! & ConnectionStatus.dying) !== 0;
      if (isDying || this.#isDumpStale) return;
      row = this.#insert(batch, at, nowMs, this.#dumpBeganMs);
      if (row === NO_ROW) return;
    }
    if (phase[row]! >= Phase.destroyed) return;
    this.#seen(row);
    if (this.#isLeftOut(row)) return;
    const wasKnown = (flags[row]! & Flag.known) !== 0;
    flags[row] = flags[row]! | Flag.known;
    const isNews = this.#learn(row, batch, at) || !wasKnown;
    const isMore = this.#count(row, batch, at, nowMs) || this.#isPutOff(row, batch, at);
    if (isMore || isNews) this.#options.schedule.packetAt(row, this.#dumpBeganMs);
    else this.#options.schedule.quietAt(row, nowMs);
  }

  #mergeDestroy(found: number, batch: ConnectionBatch, at: number, nowMs: number): void {
    const { phase, flags, lastPacketMs } = this.table;
    const stop = batch.stopTimeMs[at]!;
    const stopMs = Number.isNaN(stop) ? nowMs : stop;
    let row = found;
    if (row === NO_ROW) row = this.#insert(batch, at, nowMs, stopMs);
    if (row === NO_ROW) {
      this.#recordSpare(batch, at, nowMs, stopMs);
      return;
    }
    this.#seen(row);
    phase[row] = Phase.destroyed;
    if (!this.#isLeftOut(row)) {
      flags[row] = flags[row]! | Flag.known;
      this.#learn(row, batch, at);
      // A closed TCP connection had its last packet when it closed, not when the kernel forgot it.
      const closedMs = this.#options.schedule.isClosed(row) ? lastPacketMs[row]! : stopMs;
      if (this.#count(row, batch, at, nowMs)) this.#options.schedule.packetAt(row, closedMs);
      lastPacketMs[row] = Math.min(lastPacketMs[row]!, stopMs);
    }
    this.#options.schedule.plan(row);
  }

  /** A destroy event is the whole story of a connection, whether or not there is room to keep it. */
  #recordSpare(batch: ConnectionBatch, at: number, nowMs: number, stopMs: number): void {
    const { table } = this;
    table.identify(table.spareRow, batch, at);
    this.#begin(table.spareRow, batch, at, nowMs, stopMs);
    table.phase[table.spareRow] = Phase.destroyed;
    this.#learn(table.spareRow, batch, at);
    this.#count(table.spareRow, batch, at, nowMs);
    this.#options.recorder.recordSpare(nowMs);
    this.#isDumpStale = this.#isDumping;
  }

  #insert(batch: ConnectionBatch, at: number, nowMs: number, packetMs: number): number {
    const { recorder, filter } = this.#options;
    const row = this.table.insert(batch, at);
    if (row === NO_ROW) {
      recorder.account.note('store full');
      return NO_ROW;
    }
    recorder.account.received++;
    this.#begin(row, batch, at, nowMs, packetMs);
    const leftOut = filter.reasonToLeaveOut(this.table, row);
    if (leftOut !== undefined) recorder.leaveOut(row, leftOut);
    return row;
  }

  #begin(row: number, batch: ConnectionBatch, at: number, nowMs: number, packetMs: number): void {
    const { firstSeenMs, lastPacketMs, activeSinceMs, flags } = this.table;
    const start = batch.startTimeMs[at]!;
    firstSeenMs[row] = Math.min(nowMs, packetMs);
    lastPacketMs[row] = packetMs;
    activeSinceMs[row] = Number.isNaN(start) ? firstSeenMs[row]! : start;
    const hasJustBegun = batch.kind[at] === RowKind.new || this.#dump > 1;
    if (Number.isNaN(start) ? hasJustBegun : start >= this.begunSinceMs) this.begun++;
    const isOlder = Number.isNaN(start) ? !hasJustBegun : start < this.watchedSinceMs;
    if (isOlder) flags[row] = flags[row]! | Flag.older;
  }

  #seen(row: number): void {
    const { seenIn, phase } = this.table;
    seenIn[row] = this.#dump;
    if (phase[row]! < Phase.destroyed) phase[row] = Phase.live;
  }

  /** Whether the TCP state is another one. */
  #learn(row: number, batch: ConnectionBatch, at: number): boolean {
    const { status, startMs, activeSinceMs, endReason, tcpState, flags } = this.table;
    status[row] = status[row]! | batch.status[at]!;
    const start = batch.startTimeMs[at]!;
    if (Number.isNaN(startMs[row]) && !Number.isNaN(start)) {
      startMs[row] = start;
      const older = start < this.watchedSinceMs ? Flag.older : 0;
      flags[row] = (flags[row]! & ~Flag.older) | older;
      if (endReason[row] === 0) activeSinceMs[row] = start;
    }
    const state = batch.tcpState[at]!;
    if (state === 0 || state === tcpState[row]) return false;
    tcpState[row] = state;
    return true;
  }

  /** Whether there are more packets or octets than were known. */
  #count(row: number, batch: ConnectionBatch, at: number, nowMs: number): boolean {
    const { totals, flags } = this.table;
    const t = 4 * row;
    const isFirst = Number.isNaN(totals[t]);
    const packets = batch.originalPackets[at]!;
    const octets = batch.originalOctets[at]!;
    const replyPackets = batch.replyPackets[at]!;
    const replyOctets = batch.replyOctets[at]!;
    if (Number.isNaN(packets)) return false;
    if (packets < totals[t]! || replyPackets < totals[t + 2]!) this.#wentBack(row, nowMs);
    else if (
      packets === totals[t] &&
      octets === totals[t + 1] &&
      replyPackets === totals[t + 2] &&
      replyOctets === totals[t + 3]
    ) {
      return false;
    }
    totals[t] = packets;
    totals[t + 1] = octets;
    totals[t + 2] = replyPackets;
    totals[t + 3] = replyOctets;
    if (isFirst && (flags[row]! & Flag.older) !== 0) this.#leaveOutBefore(row);
    return true;
  }

  /** What an older connection has counted so far is in no delta of this agent: an agent before may have told it. */
  #leaveOutBefore(row: number): void {
    const { totals, recorded } = this.table;
    const t = 4 * row;
    recorded.set(totals.subarray(t, t + 4), t);
    this.#options.recorder.account.note('octets before the agent', totals[t + 1]! + totals[t + 3]!);
  }

  /** Somebody has set the kernel's counters to zero: what was counted until then is told, and counting starts anew. */
  #wentBack(row: number, nowMs: number): void {
    const { recorder } = this.#options;
    if ((this.table.flags[row]! & Flag.unreported) !== 0) recorder.record(row, EndReason.active, nowMs);
    this.table.recorded.fill(0, 4 * row, 4 * row + 4);
    recorder.account.note('counters went back');
  }

  /** Where packets are not counted: whether one has made the kernel keep the connection for longer. */
  #isPutOff(row: number, batch: ConnectionBatch, at: number): boolean {
    const { totals, expiryMs } = this.table;
    if (!Number.isNaN(totals[4 * row])) return false;
    const expiry = this.#dumpBeganMs + batch.timeoutSeconds[at]! * 1_000;
    const isLater = expiry > expiryMs[row]! + EXPIRY_ROUNDING_MS;
    expiryMs[row] = expiry;
    return isLater;
  }

  /** An ended connection of which everything is told is no longer needed when a dump has ended. */
  #settle(row: number): void {
    if (this.table.deadlineMs[row] === Number.POSITIVE_INFINITY) this.#end(row, Phase.over);
  }

  #miss(row: number): void {
    const { phase } = this.table;
    if (phase[row] === Phase.live) this.#end(row, this.#options.events ? Phase.missing : Phase.gone);
    else if (phase[row] === Phase.missing) this.#end(row, Phase.gone);
    else if (phase[row] === Phase.gone) this.#settle(row);
  }

  #end(row: number, phase: number): void {
    this.table.phase[row] = phase;
    this.#options.schedule.plan(row);
    if (phase === Phase.gone && !this.#isLeftOut(row)) {
      this.#options.recorder.account.note('ended without final counters');
    }
  }

  #isLeftOut(row: number): boolean {
    return (this.table.flags[row]! & Flag.leftOut) !== 0;
  }
}
