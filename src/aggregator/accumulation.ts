import { EndReason, FlowType, isUnset, Observer } from '../flow/index.ts';
import type { ColumnPlaces } from './column-places.ts';
import type { FlowGrowth } from './flow-growth.ts';
import {
  DESTINATION,
  DESTINATION_IP,
  DESTINATION_PORT,
  END,
  endFlag,
  FLAGS,
  FLOW_ID,
  FLOW_TYPE,
  FlowFlag,
  KEY,
  midwayFlag,
  presenceFlag,
  REPORTED,
  REPORTED_END,
  ROW_DOUBLES,
  ROW_HALVES,
  ROW_OCTETS,
  ROW_WORDS,
  SERVICE_IP,
  SERVICE_PORT,
  SNAT_IP,
  SNAT_PORT,
  SOURCE,
  SOURCE_IP,
  SOURCE_PORT,
  START,
  TCP_CONTROL_BITS,
  TCP_STATE,
  TOTAL,
} from './flow-row.ts';
import type { FlowPage } from './flow-table.ts';
import { beginSample, countFurther } from './foreign-flows.ts';
import type { IncomingRecords } from './incoming-records.ts';
import type { Names } from './names.ts';
import { isTranslatedHalf } from './observer.ts';
import { Outcome } from './outcome.ts';
import type { RecordIdentity } from './record-identity.ts';

const COUNTERS = 4;

/**
 * Merges a record into the row of its flow. Totals are the greatest that an observer has reported, so
 * repeated or reordered records change nothing.
 */
export class Accumulation {
  readonly #names: Names;
  readonly #growth: FlowGrowth | undefined;

  /** @param growth measures the growth of the flow by each record */
  constructor(names: Names, growth?: FlowGrowth) {
    this.#names = names;
    this.#growth = growth;
  }

  /**
   * The first record of an observer.
   * @param whole whether all of its totals are ours to report: not when another aggregator reported the flow
   * before
   */
  begin(
    page: FlowPage,
    at: number,
    block: number,
    from: IncomingRecords,
    i: number,
    record: RecordIdentity,
    whole: boolean,
  ): void {
    const { doubles, words } = page;
    const base = at * ROW_DOUBLES + block;
    const isAlone = (words[at * ROW_WORDS + FLAGS]! & (FlowFlag.hasSource | FlowFlag.hasDestination)) === 0;
    if (isAlone) clearBlock(doubles, at * ROW_DOUBLES + SOURCE + DESTINATION - block);
    this.#growth?.mark(page, at, block);
    for (let k = 0; k < COUNTERS; k++) {
      const total = from.totals[k]![i]!;
      const delta = from.deltas[k]![i]!;
      const known = !Number.isNaN(total);
      doubles[base + TOTAL + k] = known ? total : delta;
      doubles[base + REPORTED + k] = whole || !known ? 0 : totalBefore(total, delta);
    }
    doubles[base + START] = record.start;
    doubles[base + END] = record.end;
    doubles[base + REPORTED_END] = whole && record.start !== 0 ? record.start : Number.NaN;
    doubles[base + FLOW_ID] = record.flowId;
    this.#describeEnds(page, at, from, i, record);
    let flags = presenceFlag(block);
    if (!whole) flags |= midwayFlag(block);
    if (record.observer === Observer.both) flags |= FlowFlag.bothEnds;
    if (record.observer === Observer.neither) flags |= FlowFlag.neitherEnd;
    if (from.isForeign) flags |= FlowFlag.foreign;
    words[at * ROW_WORDS + FLAGS]! |= flags;
    if (from.isForeign) beginSample(page, at, from, i);
    this.#growth?.measure(page, at, block);
    this.#describe(page, at, block, from, i, record, true);
  }

  /** A further record of an observer. Nothing changes unless it is merged. */
  update(
    page: FlowPage,
    at: number,
    block: number,
    from: IncomingRecords,
    i: number,
    record: RecordIdentity,
  ): Outcome {
    if (from.isForeign) return this.#updateForeign(page, at, from, i, record);
    const { doubles, words } = page;
    const base = at * ROW_DOUBLES + block;
    const flags = words[at * ROW_WORDS + FLAGS]!;
    let rises = false;
    let falls = false;
    for (let k = 0; k < COUNTERS; k++) {
      const total = from.totals[k]![i]!;
      const known = doubles[base + TOTAL + k]!;
      if (total > known || (Number.isNaN(known) && !Number.isNaN(total))) rises = true;
      else if (total < known) falls = true;
    }
    const later = record.end > doubles[base + END]!;
    if (later && falls) return Outcome.reset;
    this.#growth?.mark(page, at, block);
    if (!later) {
      const reason = from.columns.flowEndReason[i];
      const isEnd = reason === EndReason.end && (flags & endFlag(block)) === 0;
      // A stopping agent sends this reason for each ongoing flow, mostly with nothing new to count.
      const isStop = reason === EndReason.forced && (flags & FlowFlag.endReason) !== EndReason.forced;
      const isLate = record.end < doubles[base + END]!;
      if (falls || (isLate && !isEnd) || !(rises || isEnd || isStop)) {
        if (!isLate) return Outcome.duplicate;
        const isEarlier = (flags & midwayFlag(block)) !== 0 && reachBack(doubles, base, from, i);
        if (!isEarlier) return Outcome.late;
        this.#growth?.measure(page, at, block);
        return Outcome.merged;
      }
    }
    for (let k = 0; k < COUNTERS; k++) {
      const total = from.totals[k]![i]!;
      const slot = base + TOTAL + k;
      if (!Number.isNaN(total)) doubles[slot] = total;
      else if (later) {
        const delta = from.deltas[k]![i]!;
        if (!Number.isNaN(delta)) doubles[slot] = (doubles[slot] || 0) + delta;
      }
    }
    this.#growth?.measure(page, at, block);
    if (later) doubles[base + END] = record.end;
    // An ignored reset was taken for the end, and the flow continues.
    if (later && rises && from.columns.flowEndReason[i] === EndReason.active) {
      words[at * ROW_WORDS + FLAGS]! &= ~(endFlag(block) | FlowFlag.endReported);
    }
    if (record.observer === Observer.both && (flags & FlowFlag.bothEnds) === 0) {
      if (isOfOtherType(page, at, from.columns.flowType[i]!)) record.hasMoved = true;
      else words[at * ROW_WORDS + FLAGS]! |= FlowFlag.bothEnds | FlowFlag.named;
    }
    this.#describe(page, at, block, from, i, record, false);
    return Outcome.merged;
  }

  /** Takes over ends and names from a record whose half is in the row already. */
  describeHalf(
    page: FlowPage,
    at: number,
    block: number,
    from: IncomingRecords,
    i: number,
    record: RecordIdentity,
  ): void {
    this.#describeEnds(page, at, from, i, record);
    this.#describe(page, at, block, from, i, record, true);
  }

  #updateForeign(
    page: FlowPage,
    at: number,
    from: IncomingRecords,
    i: number,
    record: RecordIdentity,
  ): Outcome {
    this.#growth?.mark(page, at, SOURCE);
    const outcome = countFurther(page, at, from, i, record);
    if (outcome !== Outcome.merged) return outcome;
    this.#growth?.measure(page, at, SOURCE);
    this.#describe(page, at, SOURCE, from, i, record, false);
    return outcome;
  }

  /**
   * The parts that any record may have: the state of the flow, and new names with what belongs to them. Names
   * are nearly always in an observer's first record. Later they are read only from the first record after a
   * report. They are also read from records with another reason than the active timeout, so from the last.
   */
  #describe(
    page: FlowPage,
    at: number,
    block: number,
    from: IncomingRecords,
    i: number,
    record: RecordIdentity,
    isFirst: boolean,
  ): void {
    const { doubles, words, halves, octets } = page;
    const { columns, translation } = from;
    const wordBase = at * ROW_WORDS;
    this.#names.adopt(page, at);
    let flags = words[wordBase + FLAGS]!;
    const reason = columns.flowEndReason[i]!;
    const mayTellNames =
      ((flags & FlowFlag.changed) === 0 || reason !== EndReason.active) && !record.hasMoved;
    if (isFirst || (mayTellNames && hasNewName(words, wordBase, from, i))) {
      fillNames(words, wordBase, from, i);
      fillWords(words, wordBase, from.words, i);
      fillHalves(halves, at * ROW_HALVES, from.halves, i);
      fillOctets(octets, at * ROW_OCTETS, from.octets, i);
      const type = at * ROW_OCTETS + FLOW_TYPE;
      if (octets[type] === 0) octets[type] = columns.flowType[i]!;
      flags |= FlowFlag.named;
    }
    const bits = columns.tcpControlBits[i]!;
    if (bits !== 0) halves[at * ROW_HALVES + TCP_CONTROL_BITS]! |= bits;

    flags |= FlowFlag.changed;
    if (reason === EndReason.end) flags |= endFlag(block);
    if (record.end >= doubles[at * ROW_DOUBLES + (SOURCE + DESTINATION - block) + END]!) {
      flags = (flags & ~FlowFlag.endReason) | reason;
      const state = columns.tcpState[i]!;
      if (state !== 0) words[wordBase + TCP_STATE] = translation.id(state);
    }
    words[wordBase + FLAGS] = flags;
  }

  /** The ends as this observer knows them; later address translation never changes them. */
  #describeEnds(page: FlowPage, at: number, from: IncomingRecords, i: number, record: RecordIdentity): void {
    const { words, halves } = page;
    const { columns } = from;
    const { observer } = record;
    const row = at * ROW_WORDS;
    const half = at * ROW_HALVES;
    const flags = words[row + FLAGS]!;
    const names = this.#names;
    names.adopt(page, at);
    if (observer !== Observer.destination || (flags & FlowFlag.hasSource) === 0) {
      const isKey = isEqual(words, row + KEY, columns.sourceIP, i * 4);
      words[row + SOURCE_IP] = isKey ? 0 : names.addressId(columns.sourceIP, i * 4);
      halves[half + SOURCE_PORT] = columns.sourceTransportPort[i]!;
    }
    if (observer !== Observer.source || (flags & FlowFlag.hasDestination) === 0) {
      const isKey = isEqual(words, row + KEY + 4, columns.destinationIP, i * 4);
      words[row + DESTINATION_IP] = isKey ? 0 : names.addressId(columns.destinationIP, i * 4);
      halves[half + DESTINATION_PORT] = columns.destinationTransportPort[i]!;
    }
    // The service that the client called is what the source's node saw. An alias in the index must stay
    // unchanged.
    const mayReplace = observer === Observer.source && (flags & FlowFlag.hasAlias) === 0;
    if ((words[row + SERVICE_IP] === 0 || mayReplace) && !isUnset(columns.destinationServiceIP, i * 4)) {
      words[row + SERVICE_IP] = names.addressId(columns.destinationServiceIP, i * 4);
      halves[half + SERVICE_PORT] = columns.destinationServicePort[i]!;
    }
    if (
      (words[row + SNAT_IP] === 0 || observer === Observer.source) &&
      !isUnset(columns.proxySnatIP, i * 4)
    ) {
      words[row + SNAT_IP] = names.addressId(columns.proxySnatIP, i * 4);
      halves[half + SNAT_PORT] = columns.proxySnatPort[i]!;
    }
    if (isTranslatedHalf(columns, i, observer))
      page.octets[at * ROW_OCTETS + FLOW_TYPE] = FlowType.fromExternal;
  }
}

/**
 * A node that now has both ends and reports another flow type was given one of the addresses while the flow
 * was open.
 */
function isOfOtherType({ octets }: FlowPage, at: number, flowType: number): boolean {
  const known = octets[at * ROW_OCTETS + FLOW_TYPE]!;
  return known !== FlowType.unspecified && flowType !== FlowType.unspecified && known !== flowType;
}

/** Clears the block of an absent observer. */
export function clearBlock(doubles: Float64Array, block: number): void {
  for (let k = 0; k < COUNTERS; k++) doubles[block + TOTAL + k] = Number.NaN;
  doubles[block + REPORTED_END] = Number.NaN;
  doubles[block + FLOW_ID] = Number.NaN;
}

/** A record's total before its own delta; the whole total when there is no delta. */
function totalBefore(total: number, delta: number): number {
  return !Number.isNaN(delta) ? Math.max(0, total - delta) : total;
}

/** A flow was picked up midway and an earlier record of it arrives late: its delta is ours, too. */
function reachBack(doubles: Float64Array, base: number, from: IncomingRecords, i: number): boolean {
  let reaches = false;
  for (let k = 0; k < COUNTERS; k++) {
    const reported = totalBefore(from.totals[k]![i]!, from.deltas[k]![i]!);
    if (!(reported < doubles[base + REPORTED + k]!)) continue;
    doubles[base + REPORTED + k] = reported;
    reaches = true;
  }
  return reaches;
}

function hasNewName(words: Uint32Array, base: number, { names }: IncomingRecords, i: number): boolean {
  const { all, starts, offsets } = names;
  for (let n = 0; n < starts.length; n++) {
    if (all[starts[n]! + i] !== 0 && words[base + offsets[n]!] === 0) return true;
  }
  return false;
}

/** Fills values that are still missing; the three others do the same for other kinds of arrays. */
function fillNames(
  words: Uint32Array,
  base: number,
  { names, translation }: IncomingRecords,
  i: number,
): void {
  const { all, starts, offsets } = names;
  for (let n = 0; n < starts.length; n++) {
    const id = all[starts[n]! + i]!;
    const at = base + offsets[n]!;
    if (id !== 0 && words[at] === 0) words[at] = translation.id(id);
  }
}

function fillWords(into: Uint32Array, base: number, from: ColumnPlaces<Uint32Array>, i: number): void {
  const { all, starts, offsets } = from;
  for (let n = 0; n < starts.length; n++) {
    const at = base + offsets[n]!;
    if (into[at] === 0) into[at] = all[starts[n]! + i]!;
  }
}

function fillHalves(into: Uint16Array, base: number, from: ColumnPlaces<Uint16Array>, i: number): void {
  const { all, starts, offsets } = from;
  for (let n = 0; n < starts.length; n++) {
    const at = base + offsets[n]!;
    if (into[at] === 0) into[at] = all[starts[n]! + i]!;
  }
}

function fillOctets(into: Uint8Array, base: number, from: ColumnPlaces<Uint8Array>, i: number): void {
  const { all, starts, offsets } = from;
  for (let n = 0; n < starts.length; n++) {
    const at = base + offsets[n]!;
    if (into[at] === 0) into[at] = all[starts[n]! + i]!;
  }
}

function isEqual(words: Uint32Array, at: number, others: Uint32Array, from: number): boolean {
  return (
    words[at] === others[from] &&
    words[at + 1] === others[from + 1] &&
    words[at + 2] === others[from + 2] &&
    words[at + 3] === others[from + 3]
  );
}

/** Moves an observer's times to its present clock, by which the record has another start of the same flow. */
export function moveTimes({ doubles }: FlowPage, at: number, block: number, record: RecordIdentity): void {
  const base = at * ROW_DOUBLES + block;
  const byMs = record.start - doubles[base + START]!;
  doubles[base + START] = record.start;
  // A restarted observer sends a later start for flows that it met open: then its clock is unchanged.
  if (doubles[base + END]! + byMs > record.end) return;
  doubles[base + END]! += byMs;
  doubles[base + REPORTED_END]! += byMs;
}
