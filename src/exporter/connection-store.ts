import { EndReason } from '../flow/index.ts';
import type { Clock } from '../runtime/index.ts';
import type { ConnectionFilter } from './connection-filter.ts';
import type { ConnectionRecorder } from './connection-recorder.ts';
import { type ConnectionTable, FETCHED_TOGETHER, Flag, NO_ROW, Phase } from './connection-table.ts';
import { type ConnectionBatch, ConnectionStatus, IS_OFFLOADED, RowKind } from './conntrack/index.ts';
import { LastPacket } from './last-packet.ts';
import type { RecordSchedule } from './record-schedule.ts';
import type { TrackingAge } from './tracking-age.ts';

export interface ConnectionStoreOptions {
  readonly filter: ConnectionFilter;
  readonly schedule: RecordSchedule;
  readonly recorder: ConnectionRecorder;
  /** Whether it listens to events: then the end of a connection arrives as a destroy event. */
  readonly events: boolean;
  /** Converts the kernel's wall times to monotonic time. */
  readonly clock: Pick<Clock, 'wallAt'>;
  /** When the host booted, in monotonic time: no connection is older. */
  readonly bootedMs: number;
  readonly trackingAge: TrackingAge;
}

/** Packets in flight arrive sooner after a reset; later ones show that the receiver ignored it. */
const RESET_MS = 2_000;
/** Rounding moves a connection's expiry by less than this; more means that a packet arrived. */
const EXPIRY_ROUNDING_MS = 1_500;

/**
 * What the agent knows of every connection, from dumps and events in any order.
 *
 * - Counters are totals, so a state that is reported twice counts once.
 * - A destroyed connection stays while a dump that may still show it is in progress.
 * - A connection that is missing from a complete dump has ended: at once without events. With events, its
 *   destroy event may be on its way: then it ends when the next dump misses it as well. Its last counters
 *   stand, and the event `ended without final counters` is counted.
 * - A connection that a flow table has taken over is not idle while it stays there, though its counters may
 *   stand still. Each is counted as the event `offloaded`.
 * - When the table is full, a new connection is not kept (event `store full`, counted each time it is met).
 *   With events, its destroy event still makes its record: late, but not lost. Without, a later dump may find
 *   room for it.
 */
export class ConnectionStore {
  readonly table: ConnectionTable;
  /** Connections seen that began after `begunSinceMs` in monotonic time, also those left out. */
  begun = 0;
  begunSinceMs = Number.NEGATIVE_INFINITY;
  /** Packets that the kernel has counted since then, including connections that are left out. */
  countedPackets = 0;
  readonly #options: ConnectionStoreOptions;
  readonly #lastPacket: LastPacket;
  #watchedSinceMs = Number.NEGATIVE_INFINITY;
  #events = 0;
  #putOff = 0;
  #dump = 0;
  #dumpBeganMs = 0;
  /** How far the wall clock is ahead of the monotonic clock, for the current batch. */
  #aheadMs = 0;
  #isDumping = false;
  /** The dump in progress adds no rows: it may show a connection that was destroyed and found no place. */
  #isDumpStale = false;

  constructor(table: ConnectionTable, options: ConnectionStoreOptions) {
    this.table = table;
    this.#options = options;
    this.#lastPacket = new LastPacket(table, options.schedule);
  }

  /** The agent begins to watch. An earlier agent may have reported older connections. */
  watchBegins(nowMs: number): void {
    this.#watchedSinceMs = nowMs;
    this.#options.trackingAge.watchedFrom(nowMs);
  }

  /** The kernel has not tracked all connections until now. */
  trackingFailed(nowMs: number): void {
    this.#options.trackingAge.brokenUntil(nowMs);
  }

  /** Changes with everything that the kernel shows: an event, a new connection, a counter that has grown. */
  get signs(): number {
    return this.#events + this.#putOff + this.begun + this.countedPackets;
  }

  get isDumping(): boolean {
    return this.#isDumping;
  }

  /** Merges a batch of either worker. @param nowMs in monotonic time, as all times here */
  merge(batch: ConnectionBatch, nowMs: number): void {
    this.#aheadMs = this.#options.clock.wallAt(0);
    for (let at = 0; at < batch.rows; at++) {
      if (at % FETCHED_TOGETHER === 0) this.table.fetch(batch, at);
      const row = this.table.find(batch, at);
      switch (batch.kind[at]) {
        case RowKind.dump:
          this.#mergeDump(row, batch, at, nowMs);
          break;
        case RowKind.destroy:
          this.#events++;
          this.#mergeDestroy(row, batch, at, nowMs);
          break;
        default:
          this.#events++;
          this.#mergeEvent(row, batch, at, nowMs);
      }
    }
  }

  /** Call before asking the kernel for a dump. */
  dumpBegins(nowMs: number): void {
    this.#dump++;
    this.#dumpBeganMs = nowMs;
    this.#isDumping = true;
    this.#isDumpStale = false;
  }

  /** Call once all rows of the dump are merged. @param isComplete whether it showed every connection */
  dumpEnds(isComplete: boolean): void {
    const { seenIn, phase, highWater } = this.table;
    this.#isDumping = false;
    for (let row = 0; row < highWater; row++) {
      if (phase[row] === Phase.destroyed) this.#settle(row);
      else if (isComplete && seenIn[row]! < this.#dump) this.#miss(row);
    }
  }

  #mergeEvent(found: number, batch: ConnectionBatch, at: number, nowMs: number): void {
    const packetMs = this.#timeOf(batch, at, nowMs);
    const row = found === NO_ROW ? this.#insert(batch, at, nowMs, packetMs) : found;
    if (row === NO_ROW) return;
    this.#seen(row);
    // Closed TCP connections do not come back: an event that was read later is older than the dump.
    const { schedule } = this.#options;
    if (this.#isLeftOut(row) || schedule.isClosed(row) || schedule.wasReset(row)) return;
    this.#learn(row, batch, at);
    // The event has no counters: those of a connection that has just closed are final in the next dump.
    if (schedule.isClosed(row) || schedule.wasReset(row)) this.table.flags[row]! &= ~Flag.known;
    schedule.packetAt(row, packetMs);
  }

  #mergeDump(found: number, batch: ConnectionBatch, at: number, nowMs: number): void {
    const { flags, phase, lastPacketMs } = this.table;
    let row = found;
    if (row === NO_ROW) {
      const isDying = this.#options.events && (batch.status[at]! & ConnectionStatus.dying) !== 0;
      if (isDying || this.#isDumpStale) return;
      row = this.#insert(batch, at, nowMs, this.#dumpBeganMs);
      if (row === NO_ROW) return;
    }
    if (phase[row]! >= Phase.destroyed) return;
    this.#seen(row);
    // A row that the kernel wrote before the last event has an older state.
    if (this.#isLeftOut(row) || this.#timeOf(batch, at, nowMs) < lastPacketMs[row]!) {
      if (!this.#count(row, batch, at, nowMs)) this.#isPutOff(row, batch, at);
      return;
    }
    const wasKnown = (flags[row]! & Flag.known) !== 0;
    flags[row] = flags[row]! | Flag.known;
    const isAhead = this.#learn(row, batch, at);
    const isMore = this.#count(row, batch, at, nowMs) || this.#isPutOff(row, batch, at);
    if (isMore || isAhead || !wasKnown)
      this.#options.schedule.packetAt(row, this.#packetBefore(row, batch, at, nowMs, isAhead));
    else if ((batch.status[at]! & IS_OFFLOADED) === 0) this.#options.schedule.quietAt(row, nowMs);
    if (this.#options.schedule.wasReset(row)) this.#judgeReset(row, this.#timeOf(batch, at, nowMs));
  }

  /** A reset ends the connection if no more packets follow, as a dump shows. */
  #judgeReset(row: number, readMs: number): void {
    const { flags, lastPacketMs } = this.table;
    const isQuiet = readMs - lastPacketMs[row]! >= RESET_MS;
    if (isQuiet === ((flags[row]! & Flag.quiet) !== 0)) return;
    flags[row] = isQuiet ? flags[row]! | Flag.quiet | Flag.unreported : flags[row]! & ~Flag.quiet;
    this.#options.schedule.plan(row);
  }

  #mergeDestroy(found: number, batch: ConnectionBatch, at: number, nowMs: number): void {
    const { phase, flags, lastPacketMs } = this.table;
    const stop = batch.stopTimeMs[at]!;
    const stopMs = Number.isNaN(stop)
      ? this.#timeOf(batch, at, nowMs)
      : Math.min(nowMs, stop - this.#aheadMs);
    const row = found === NO_ROW ? this.#insert(batch, at, nowMs, stopMs) : found;
    if (row === NO_ROW) {
      this.#recordSpare(batch, at, nowMs, stopMs);
      return;
    }
    this.#seen(row);
    phase[row] = Phase.destroyed;
    if (!this.#isLeftOut(row)) {
      flags[row] = flags[row]! | Flag.known;
      // A closed TCP connection had its last packet when it closed, not when the kernel removed it.
      const wasClosed = this.#options.schedule.isClosed(row);
      this.#learn(row, batch, at);
      const isMore = this.#count(row, batch, at, nowMs) || found === NO_ROW;
      if (this.#lastPacket.wasDeleted(row, batch, at, stopMs)) this.#options.trackingAge.brokenUntil(stopMs);
      if (!wasClosed) lastPacketMs[row] = this.#lastPacket.beforeEnd(row, batch, at, stopMs, isMore);
      if (isMore) this.#options.schedule.packetAt(row, lastPacketMs[row]!);
    } else this.#count(row, batch, at, nowMs);
    this.#options.schedule.plan(row);
  }

  /** A destroy event has the whole record of a connection, whether or not there is room to keep it. */
  #recordSpare(batch: ConnectionBatch, at: number, nowMs: number, stopMs: number): void {
    const { table } = this;
    table.identify(table.spareRow, batch, at);
    this.#begin(table.spareRow, batch, at, nowMs, stopMs);
    table.phase[table.spareRow] = Phase.destroyed;
    this.#learn(table.spareRow, batch, at);
    this.#count(table.spareRow, batch, at, nowMs);
    table.lastPacketMs[table.spareRow] = this.#lastPacket.beforeEnd(table.spareRow, batch, at, stopMs, true);
    this.#options.recorder.recordSpare(nowMs);
    this.#isDumpStale = this.#isDumping;
  }

  #insert(batch: ConnectionBatch, at: number, nowMs: number, seenMs: number): number {
    const { recorder, filter } = this.#options;
    const row = this.table.insert(batch, at);
    if (row === NO_ROW) {
      recorder.account.note('store full');
      return NO_ROW;
    }
    recorder.account.received++;
    this.#begin(row, batch, at, nowMs, seenMs);
    const leftOut = filter.reasonToLeaveOut(this.table, row);
    if (leftOut !== undefined) recorder.leaveOut(row, leftOut);
    return row;
  }

  /** @param seenMs when it was first seen: it had certainly begun by then */
  #begin(row: number, batch: ConnectionBatch, at: number, nowMs: number, seenMs: number): void {
    const { beganMs, lastPacketMs, activeSinceMs, flags } = this.table;
    const startMs = this.#startOf(batch, at, nowMs);
    this.#options.trackingAge.startedAt(startMs);
    beganMs[row] = Number.isNaN(startMs) ? Math.min(nowMs, seenMs) : startMs;
    lastPacketMs[row] = beganMs[row]!;
    activeSinceMs[row] = beganMs[row]!;
    const hasJustBegun = batch.kind[at] === RowKind.new || this.#dump > 1;
    if (Number.isNaN(startMs) ? hasJustBegun : startMs >= this.begunSinceMs) this.begun++;
    if (Number.isNaN(startMs) && !hasJustBegun) flags[row] = flags[row]! | Flag.older | Flag.undated;
    else if (startMs < this.#watchedSinceMs) flags[row] = flags[row]! | Flag.older;
  }

  /**
   * When the kernel saw the first packet. NaN when it does not say, or says the impossible: before boot, or
   * in the future. Then somebody has set the host's clock since.
   */
  #startOf(batch: ConnectionBatch, at: number, nowMs: number): number {
    const startMs = batch.startTimeMs[at]! - this.#aheadMs;
    const isPossible = startMs >= this.#options.bootedMs && startMs <= nowMs;
    return isPossible ? startMs : Number.NaN;
  }

  /** When an event happened, or when the kernel wrote a row of a dump. */
  #timeOf(batch: ConnectionBatch, at: number, nowMs: number): number {
    const timeMs = batch.timeMs[at]!;
    return Number.isNaN(timeMs) ? nowMs : Math.min(nowMs, timeMs - this.#aheadMs);
  }

  #packetBefore(row: number, batch: ConnectionBatch, at: number, nowMs: number, isAhead: boolean): number {
    if (Number.isNaN(batch.idleMs[at])) return this.#dumpBeganMs;
    return this.#lastPacket.before(row, batch, at, this.#timeOf(batch, at, nowMs), isAhead);
  }

  #seen(row: number): void {
    const { seenIn, phase } = this.table;
    seenIn[row] = this.#dump;
    if (phase[row]! < Phase.destroyed) phase[row] = Phase.live;
  }

  /** Whether the TCP state has changed. */
  #learn(row: number, batch: ConnectionBatch, at: number): boolean {
    const { status, startMs, tcpState } = this.table;
    if ((batch.status[at]! & ~status[row]! & IS_OFFLOADED) !== 0)
      this.#options.recorder.account.note('offloaded');
    status[row] = status[row]! | batch.status[at]!;
    if (Number.isNaN(startMs[row])) this.#learnStart(row, batch, at);
    const state = batch.tcpState[at]!;
    if (state === 0 || state === tcpState[row]) return false;
    tcpState[row] = state;
    return true;
  }

  /** New and update events do not have the start of the connection. */
  #learnStart(row: number, batch: ConnectionBatch, at: number): void {
    const { startMs, beganMs, activeSinceMs, endReason, flags } = this.table;
    startMs[row] = batch.startTimeMs[at]!;
    const start = this.#startOf(batch, at, beganMs[row]!);
    if (Number.isNaN(start) || endReason[row] !== 0) return;
    flags[row] = flags[row]! & ~(Flag.older | Flag.undated);
    if (start < this.#watchedSinceMs) flags[row] = flags[row]! | Flag.older;
    beganMs[row] = start;
    activeSinceMs[row] = start;
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
    const isOlder = isFirst && (flags[row]! & Flag.older) !== 0;
    let before = isFirst ? 0 : totals[t]! + totals[t + 2]!;
    if (isOlder) before = packets + replyPackets;
    if (packets < totals[t]! || replyPackets < totals[t + 2]!) {
      this.#wentBack(row, nowMs);
      before = 0;
    } else if (
      packets === totals[t] &&
      octets === totals[t + 1] &&
      replyPackets === totals[t + 2] &&
      replyOctets === totals[t + 3]
    ) {
      return false;
    }
    this.countedPackets += packets + replyPackets - before || 0;
    totals[t] = packets;
    totals[t + 1] = octets;
    totals[t + 2] = replyPackets;
    totals[t + 3] = replyOctets;
    if (isOlder && !this.#isLeftOut(row)) this.#leaveOutBefore(row);
    return true;
  }

  /**
   * No delta of this agent contains earlier counts of an older connection: an earlier agent may have reported
   * them.
   */
  #leaveOutBefore(row: number): void {
    const { totals, recorded } = this.table;
    const t = 4 * row;
    recorded.set(totals.subarray(t, t + 4), t);
    this.#options.recorder.account.note('octets before the agent', totals[t + 1]! + totals[t + 3]!);
  }

  /** Somebody has reset the kernel's counters: records what was counted until then, and counts from zero. */
  #wentBack(row: number, nowMs: number): void {
    const { recorder } = this.#options;
    const isToTell = (this.table.flags[row]! & (Flag.unreported | Flag.leftOut)) === Flag.unreported;
    if (isToTell) recorder.record(row, EndReason.active, nowMs);
    this.table.recorded.fill(0, 4 * row, 4 * row + 4);
    recorder.account.note('counters went back');
  }

  /** When packets are not counted: whether one has extended the connection's timeout. */
  #isPutOff(row: number, batch: ConnectionBatch, at: number): boolean {
    const { totals, expiryMs } = this.table;
    if (!Number.isNaN(totals[4 * row])) return false;
    const expiry = this.#dumpBeganMs + batch.timeoutSeconds[at]! * 1_000;
    const isLater = expiry > expiryMs[row]! + EXPIRY_ROUNDING_MS;
    expiryMs[row] = expiry;
    if (isLater) this.#putOff++;
    return isLater;
  }

  /** A fully recorded connection that has ended is no longer needed after a dump. */
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
