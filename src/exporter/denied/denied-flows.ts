import { EndReason, isLoopback, Protocol, RuleAction } from '../../flow/index.ts';
import type { Account, Ledger } from '../../runtime/index.ts';
import { DENIED_KEY_WORDS, DeniedFlowTable } from './denied-flow-table.ts';
import type { DeniedRecords } from './denied-records.ts';
import { DeniedTuples } from './denied-tuples.ts';
import { openingOf } from './opening.ts';
import { Count, type PacketBatch } from './packet-batch.ts';
import type { PrefixMatcher } from './prefix-matcher.ts';
import { SlotList } from './slot-list.ts';
import { TUPLE_WORDS, writeTuple } from './tuple.ts';
import type { Verdict } from './verdict.ts';

export interface DeniedFlowsOptions {
  /** A flow that still gets packets is recorded this often. */
  readonly activeTimeoutMs: number;
  /** A flow ends after this long without a packet. */
  readonly idleTimeoutMs: number;
  /** Maximum flows held; beyond it, the one with the oldest last packet is ended and recorded. */
  readonly maxFlows: number;
  /** How long `isDenied` remembers a tuple after its last denied packet. */
  readonly rememberMs: number;
  /** IP protocols to keep; all when undefined. */
  readonly protocols: ReadonlySet<number> | undefined;
  /** Whether to keep packets from or to a loopback address. */
  readonly loopback: boolean;
}

/**
 * A rejected TCP connection is over after this long without a packet. The aggregator waits longer than this
 * with the other node's record of it.
 */
const REJECTED_MS = 2_000;

/**
 * Joins denied packets into flows, one for each tuple, ICMP type and code, direction and verdict. It records
 * a flow on its active timeout (if packets came since the last record) and on its idle timeout. It also
 * records it at the end of the agent, and when its place is needed. Every flow ends in exactly one record
 * with an end reason; later packets make a new flow. Keeps two ledger accounts: packets and flows.
 */
export class DeniedFlows {
  readonly packets: Account;
  readonly flows: Account;
  readonly #options: DeniedFlowsOptions;
  /** They may change at any time. */
  timeouts: Pick<DeniedFlowsOptions, 'activeTimeoutMs' | 'idleTimeoutMs'>;
  readonly #matcher: PrefixMatcher;
  readonly #records: DeniedRecords;
  readonly #table: DeniedFlowTable;
  readonly #tuples: DeniedTuples;
  readonly #byTouch: SlotList;
  readonly #byRecord: SlotList;
  /** Rejected TCP flows, in order of their last packet. */
  readonly #rejected: SlotList;
  readonly #key = new Uint32Array(DENIED_KEY_WORDS);
  readonly #tuple = this.#key.subarray(0, TUPLE_WORDS);
  /** How far the wall clock is ahead of the monotonic clock, for the current batch. */
  #aheadMs = 0;
  /** Packets in flows and not yet in a record. */
  #unrecorded = 0;
  /** Verdicts of the labels of the current batch. */
  #verdicts: Verdict[] = [];

  constructor(
    options: DeniedFlowsOptions,
    matcher: PrefixMatcher,
    ledger: Ledger,
    nowMs: number,
    records: DeniedRecords,
  ) {
    this.#options = options;
    this.timeouts = options;
    this.#matcher = matcher;
    this.#records = records;
    this.#table = new DeniedFlowTable(options.maxFlows);
    this.#tuples = new DeniedTuples(options.rememberMs, options.maxFlows, nowMs);
    this.#byTouch = new SlotList(this.#table.capacity);
    this.#byRecord = new SlotList(this.#table.capacity);
    this.#rejected = new SlotList(this.#table.capacity);
    this.packets = ledger.open('denied packets', 'packets', () => this.#unrecorded, {
      expectedDrops: ['allowed', 'protocol filter', 'loopback'],
    });
    this.flows = ledger.open('denied flows', 'flows', () => this.#table.size);
  }

  /** Joins a batch's packets and counts. @param nowMs in monotonic time, as all times here */
  join(batch: PacketBatch, nowMs: number): void {
    this.#count(batch.counts);
    this.#verdicts.length = 0;
    for (let label = 0; label < batch.labels; label++) {
      this.#verdicts.push(this.#matcher.verdict(batch.groupOf(label), batch.prefixOf(label)));
    }
    this.#aheadMs = this.#records.aheadMs;
    for (let row = 0; row < batch.length; row++) this.#joinPacket(batch, row, nowMs);
    this.#records.flush();
  }

  /** Makes the records that are due. */
  expire(nowMs: number): void {
    const { activeTimeoutMs, idleTimeoutMs } = this.timeouts;
    const { touchedMs, recordedMs } = this.#table;
    this.#endRejected(nowMs);
    for (let slot = this.#byTouch.first; slot >= 0; slot = this.#byTouch.first) {
      if (nowMs - touchedMs[slot]! < idleTimeoutMs) break;
      this.#end(slot, EndReason.idle);
    }
    for (let slot = this.#byRecord.first; slot >= 0; slot = this.#byRecord.first) {
      if (nowMs - recordedMs[slot]! < activeTimeoutMs) break;
      this.#recordActive(slot, nowMs);
    }
    this.#tuples.forget(nowMs);
    this.#records.flush();
  }

  /** A rejected TCP connection is over, unless its sender tries again at once. */
  #endRejected(nowMs: number): void {
    const { touchedMs } = this.#table;
    for (let slot = this.#rejected.first; slot >= 0; slot = this.#rejected.first) {
      if (nowMs - touchedMs[slot]! < REJECTED_MS) break;
      this.#end(slot, EndReason.end);
    }
  }

  /** Ends every flow. */
  end(): void {
    for (let slot = this.#byTouch.first; slot >= 0; slot = this.#byTouch.first) {
      this.#end(slot, EndReason.forced);
    }
    this.#records.flush();
  }

  /** See `DeniedConnections.isDenied`. */
  isDenied(
    source: ArrayLike<number>,
    sourceAt: number,
    destination: ArrayLike<number>,
    destinationAt: number,
    sourcePort: number,
    destinationPort: number,
    protocol: number,
  ): boolean {
    return this.#tuples.has(
      source,
      sourceAt,
      destination,
      destinationAt,
      sourcePort,
      destinationPort,
      protocol,
    );
  }

  #count(counts: Float64Array): void {
    this.packets.received += counts[Count.packets]!;
    this.packets.drop('truncated', counts[Count.truncated]);
    this.packets.drop('malformed', counts[Count.malformed]);
    this.packets.drop('not IP', counts[Count.notIp]);
    this.packets.note('fragments', counts[Count.fragments]);
    this.packets.note('length unknown', counts[Count.lengthUnknown]);
    this.packets.note('lost in the kernel', counts[Count.lost]);
    this.packets.note('overruns', counts[Count.overruns]);
  }

  #joinPacket(batch: PacketBatch, row: number, nowMs: number): void {
    const verdict = this.#verdicts[batch.label[row]!]!;
    const unwanted = this.#reasonToDrop(batch, row, verdict);
    if (unwanted !== undefined) {
      this.packets.drop(unwanted);
      return;
    }
    this.#writeKey(batch, row, verdict);
    const table = this.#table;
    let slot = table.find(this.#key, verdict);
    if (slot < 0) slot = this.#open(batch, row, verdict, nowMs);
    else this.#touch(slot, verdict);
    if (table.rememberedTurn[slot] !== this.#tuples.turn) this.#rememberTuple(slot, nowMs);
    const timeMs = batch.timeMs[row]! - this.#aheadMs;
    table.packets[slot]! += 1;
    table.octets[slot]! += batch.octets[row]!;
    table.firstMs[slot] = Math.min(table.firstMs[slot]!, timeMs);
    table.lastMs[slot] = Math.max(table.lastMs[slot]!, timeMs);
    table.touchedMs[slot] = nowMs;
    table.tcpControlBits[slot]! |= batch.tcpControlBits[row]!;
    this.#unrecorded++;
  }

  #rememberTuple(slot: number, nowMs: number): void {
    this.#tuples.add(this.#tuple, nowMs);
    this.#table.rememberedTurn[slot] = this.#tuples.turn;
  }

  #reasonToDrop(
    { source, destination, protocol }: PacketBatch,
    row: number,
    verdict: Verdict,
  ): string | undefined {
    if (verdict.action === RuleAction.allow) return 'allowed';
    if (this.#options.protocols?.has(protocol[row]!) === false) return 'protocol filter';
    if (!this.#options.loopback && (isLoopback(source, row * 4) || isLoopback(destination, row * 4))) {
      return 'loopback';
    }
    return undefined;
  }

  #writeKey(batch: PacketBatch, row: number, verdict: Verdict): void {
    const { source, destination, sourcePort, destinationPort, protocol } = batch;
    const at = row * 4;
    writeTuple(
      this.#key,
      source,
      at,
      destination,
      at,
      sourcePort[row]!,
      destinationPort[row]!,
      protocol[row]!,
    );
    const direction = verdict.direction ?? batch.direction[row]!;
    this.#key[TUPLE_WORDS] = (direction << 16) | batch.icmpTypeCode[row]!;
  }

  #open(batch: PacketBatch, row: number, verdict: Verdict, nowMs: number): number {
    const table = this.#table;
    if (table.isFull) this.#end(this.#byTouch.first, EndReason.lackOfResources);
    const slot = table.add(this.#key, verdict);
    this.#byTouch.grow(table.capacity);
    this.#rejected.grow(table.capacity);
    this.#byRecord.grow(table.capacity);
    this.#byTouch.append(slot);
    if (this.#isRejectedTcp(slot, verdict)) this.#rejected.append(slot);
    this.#byRecord.append(slot);
    table.packets[slot] = 0;
    table.octets[slot] = 0;
    table.recordedPackets[slot] = 0;
    table.recordedOctets[slot] = 0;
    table.firstMs[slot] = batch.timeMs[row]! - this.#aheadMs;
    table.lastMs[slot] = table.firstMs[slot]!;
    table.recordedMs[slot] = nowMs;
    table.ingressInterface[slot] = batch.ingressInterface[row]!;
    table.egressInterface[slot] = batch.egressInterface[row]!;
    for (let i = 0; i < 4; i++) table.services[slot * 4 + i] = batch.service[row * 4 + i]!;
    table.servicePorts[slot] = batch.servicePort[row]!;
    table.vlanId[slot] = batch.vlanId[row]!;
    table.classOfService[slot] = batch.classOfService[row]!;
    table.tcpControlBits[slot] = 0;
    table.rememberedTurn[slot] = 0;
    table.opening[slot] = openingOf(
      batch.protocol[row]!,
      batch.tcpControlBits[row]!,
      batch.icmpTypeCode[row]!,
    );
    this.flows.received++;
    return slot;
  }

  #touch(slot: number, verdict: Verdict): void {
    this.#byTouch.touch(slot);
    if (this.#isRejectedTcp(slot, verdict)) this.#rejected.touch(slot);
  }

  #isRejectedTcp(slot: number, { action }: Verdict): boolean {
    return action === RuleAction.reject && this.#table.keys[slot * DENIED_KEY_WORDS + 9] === Protocol.tcp;
  }

  #recordActive(slot: number, nowMs: number): void {
    const table = this.#table;
    if (table.packets[slot]! > table.recordedPackets[slot]!) {
      this.#record(slot, EndReason.active);
      table.recordedPackets[slot] = table.packets[slot]!;
      table.recordedOctets[slot] = table.octets[slot]!;
    }
    table.recordedMs[slot] = nowMs;
    this.#byRecord.touch(slot);
  }

  #end(slot: number, reason: number): void {
    this.#record(slot, reason);
    this.#byTouch.remove(slot);
    if (this.#isRejectedTcp(slot, this.#table.verdicts[slot]!)) this.#rejected.remove(slot);
    this.#byRecord.remove(slot);
    this.#table.remove(slot);
    this.flows.sent++;
    if (reason === EndReason.lackOfResources) this.flows.note('ended early for lack of room');
  }

  #record(slot: number, reason: number): void {
    const fresh = this.#table.packets[slot]! - this.#table.recordedPackets[slot]!;
    this.#records.add(this.#table, slot, reason);
    this.packets.sent += fresh;
    this.#unrecorded -= fresh;
  }
}
