import { BiflowDirection, type Columns, isUnset, Observer, turnRecord } from '../flow/index.ts';
import { MIDWAY } from './common-counters.ts';
import { FlowKey } from './flow-key.ts';
import {
  BIFLOW_DIRECTION,
  DESTINATION,
  END,
  FLAGS,
  FLOW_ID,
  FlowFlag,
  ROW_DOUBLES,
  ROW_OCTETS,
  ROW_WORDS,
  SOURCE,
  START,
} from './flow-row.ts';
import type { FlowTable } from './flow-table.ts';
import { rowAt } from './flow-table.ts';
import { continuesFlow } from './foreign-flows.ts';
import type { IncomingRecords } from './incoming-records.ts';
import { observerOf } from './observer.ts';
import type { RecordIdentity } from './record-identity.ts';

/** Maximum flows in the table with the same key; the longest silent one gives way. */
export const MOST_GENERATIONS = 32;

/**
 * Finds the flow of a record.
 *
 * Flows with one key may follow one another (a reused port), and each is seen by two nodes with separate
 * clocks. So a record belongs to the flow in which its observer reported the same number and start. If there
 * is none, it is the first of its half. It then joins a flow that lacks this half and overlaps in time, the
 * nearest start first.
 */
export class Correlation {
  /** Block of the observer in the found row: SOURCE or DESTINATION. */
  block = SOURCE;
  /** Whether the found row has a half of this observer already. */
  isFurther = false;
  /** When none was found: the number of flows with the record's key, and the one longest without a record. */
  generations = 0;
  stalest = -1;
  readonly #table: FlowTable;
  readonly #clockSkewMs: number;
  readonly #turnedKey = new FlowKey();
  /** Whether any agent has guessed a direction so far. Until then no flow is searched in reverse. */
  #hasGuesses = false;
  #joinable = -1;
  #distance = 0;

  /** @param clockSkewMs by which two nodes' clocks may differ */
  constructor(table: FlowTable, clockSkewMs: number) {
    this.#table = table;
    this.#clockSkewMs = clockSkewMs;
  }

  /** The row of the record's flow, with `block` set; -1 when it needs a new flow. */
  find(record: RecordIdentity): number {
    this.#joinable = -1;
    this.#distance = Number.POSITIVE_INFINITY;
    this.generations = 0;
    this.isFurther = true;
    const row = this.#search(record, record.key);
    if (row >= 0) return row;
    if (record.mayPair) {
      record.isReverse = true;
      const reverse = this.#search(record, record.alias);
      if (reverse >= 0) return reverse;
      record.isReverse = false;
    }
    if (record.hasAlias) {
      const other = this.#search(record, record.alias);
      if (other >= 0) return other;
    }
    this.isFurther = false;
    this.block = record.observer === Observer.destination ? DESTINATION : SOURCE;
    return this.#joinable;
  }

  /**
   * The row in which this observer has reported the flow with another start, with `block` set; -1 for none.
   * The exporter's clock was set: it had reported the same connection's start by its earlier clock. For
   * records that continue earlier counts.
   */
  findRestamped(record: RecordIdentity): number {
    if (record.flowId === 0) return -1;
    const row = this.#searchRestamped(record, record.key);
    return row < 0 && record.hasAlias ? this.#searchRestamped(record, record.alias) : row;
  }

  #searchRestamped({ observer, flowId }: RecordIdentity, key: FlowKey): number {
    const table = this.#table;
    for (let row = table.first(key); row >= 0; row = table.next(key)) {
      const { doubles, words } = table.page(row);
      const base = rowAt(row) * ROW_DOUBLES;
      const flags = words[rowAt(row) * ROW_WORDS + FLAGS]!;
      for (const block of observer === Observer.destination ? onlyDestination : sourceFirst) {
        if ((flags & (block === SOURCE ? FlowFlag.hasSource : FlowFlag.hasDestination)) === 0) continue;
        if (doubles[base + block + FLOW_ID] !== flowId) continue;
        this.block = block;
        this.isFurther = true;
        return row;
      }
    }
    return -1;
  }

  /**
   * The row of a flow that its observer has reported with neither end, before it knew that its node has one;
   * -1 for none.
   */
  findUnplaced(record: RecordIdentity, columns: Columns, i: number, exporter: number): number {
    const { observer } = record;
    if (observer === Observer.neither) return -1;
    record.observer = Observer.neither;
    record.readKeys(columns, i, exporter);
    const row = this.#numbered(record, record.key);
    record.observer = observer;
    record.readKeys(columns, i, exporter);
    return row;
  }

  /**
   * The row of a flow that its observer has reported as another observer, before an address moved; -1 for
   * none. It searches by number and start alone. The record is then treated as from the former observer.
   */
  findMoved(record: RecordIdentity, columns: Columns, i: number, exporter: number): number {
    if (record.flowId === 0) return -1;
    const { observer } = record;
    record.hasMoved = true;
    for (record.observer of observersOfKeys) {
      record.readKeys(columns, i, exporter);
      const row = this.#numbered(record, record.key);
      const found = row < 0 && record.hasAlias ? this.#numbered(record, record.alias) : row;
      if (found >= 0) return found;
    }
    record.hasMoved = false;
    record.observer = observer;
    record.readKeys(columns, i, exporter);
    return -1;
  }

  /**
   * The row of a flow with the record's ends reversed, with the record turned; else -1. One of the two nodes
   * met the connection midway and guessed who opened it. For records of batches that can be turned.
   */
  findTurned(record: RecordIdentity, from: IncomingRecords, i: number): number {
    const isGuess = from.columns.biflowDirection[i] === BiflowDirection.arbitrary;
    if (isGuess) this.#hasGuesses = true;
    if (!this.#hasGuesses || record.observer === Observer.neither) return -1;
    if (!this.#mayBeTurned(record, from.columns, i)) return -1;
    this.#turn(record, from, i);
    const row = this.find(record);
    if (row >= 0 && (isGuess || this.isFurther || this.#isGuess(row))) return row;
    this.#turn(record, from, i);
    return this.find(record);
  }

  /**
   * Whether the turned record may have a flow. There is nearly always none, and turning a record to find out
   * would cost more than joining it.
   */
  #mayBeTurned({ observer }: RecordIdentity, columns: Columns, i: number): boolean {
    const key = this.#turnedKey;
    const at = 4 * i;
    const protocol = columns.protocolIdentifier[i]!;
    const sourcePort = columns.sourceTransportPort[i]!;
    const destinationPort = columns.destinationTransportPort[i]!;
    if (observer === Observer.destination && !isUnset(columns.destinationServiceIP, at)) {
      key.setSource(columns.destinationServiceIP, at);
      key.setDestination(columns.sourceIP, at);
      key.setRest(columns.destinationServicePort[i]! || destinationPort, sourcePort, 0, protocol);
      return this.#table.first(key) >= 0;
    }
    key.setSource(columns.destinationIP, at);
    key.setDestination(columns.sourceIP, at);
    key.setRest(destinationPort, sourcePort, 0, protocol);
    if (this.#table.first(key) >= 0) return true;
    if (observer !== Observer.source || isUnset(columns.proxySnatIP, at)) return false;
    key.setDestination(columns.proxySnatIP, at);
    key.setRest(destinationPort, columns.proxySnatPort[i]! || sourcePort, 0, protocol);
    return this.#table.first(key) >= 0;
  }

  /** The batch belongs to its maker: turns a record back. */
  turnBack(record: RecordIdentity, from: IncomingRecords, i: number): void {
    if (!record.isTurned) return;
    turnRecord(from.batch, i);
    record.isTurned = false;
  }

  #turn(record: RecordIdentity, from: IncomingRecords, i: number): void {
    turnRecord(from.batch, i);
    record.isTurned = !record.isTurned;
    record.observer = observerOf(from.columns, i);
    record.readKeys(from.columns, i, from.exporter);
  }

  #isGuess(row: number): boolean {
    const direction = this.#table.page(row).octets[rowAt(row) * ROW_OCTETS + BIFLOW_DIRECTION];
    return direction === BiflowDirection.arbitrary;
  }

  #numbered(record: RecordIdentity, key: FlowKey): number {
    const table = this.#table;
    for (let row = table.first(key); row >= 0; row = table.next(key)) {
      const { doubles, words } = table.page(row);
      const base = rowAt(row) * ROW_DOUBLES;
      const flags = words[rowAt(row) * ROW_WORDS + FLAGS]!;
      const isSource = (flags & FlowFlag.hasSource) !== 0 && isSame(record, doubles, base + SOURCE);
      const isDestination =
        (flags & FlowFlag.hasDestination) !== 0 && isSame(record, doubles, base + DESTINATION);
      if (!isSource && !isDestination) continue;
      this.block = isSource ? SOURCE : DESTINATION;
      this.isFurther = true;
      record.observer = isSource ? Observer.source : Observer.destination;
      if ((flags & FlowFlag.bothEnds) !== 0) record.observer = Observer.both;
      if ((flags & FlowFlag.neitherEnd) !== 0) record.observer = Observer.neither;
      return row;
    }
    return -1;
  }

  /** The row in which this observer has reported the flow before. Notes joinable flows on the way. */
  #search(record: RecordIdentity, key: FlowKey): number {
    const table = this.#table;
    let stalest = Number.POSITIVE_INFINITY;
    for (let row = table.first(key); row >= 0; row = table.next(key)) {
      const page = table.page(row);
      const at = rowAt(row);
      const flags = page.words[at * ROW_WORDS + FLAGS]!;
      const base = at * ROW_DOUBLES;
      if (record.isForeign) {
        this.block = SOURCE;
        if (continuesFlow(record, page.doubles, base, flags)) return row;
      } else if (this.#isKnown(record, page.doubles, base, flags)) return row;
      this.#consider(record, row, page.doubles, base, flags);
      this.generations++;
      if (page.updated[at]! < stalest) {
        stalest = page.updated[at]!;
        this.stalest = row;
      }
    }
    return -1;
  }

  /**
   * Call when a row has both halves. A half that began later, because an address moved, cannot prove that all
   * of the flow is ours. The half before it may have reported more to an earlier aggregator than the other
   * half did. Then the first totals are left out.
   */
  compareStarts(row: number): void {
    const { doubles, words } = this.#table.page(row);
    const slot = rowAt(row) * ROW_WORDS + FLAGS;
    const midway = words[slot]! & MIDWAY;
    if (midway === 0 || midway === MIDWAY || (words[slot]! & FlowFlag.reported) !== 0) return;
    const base = rowAt(row) * ROW_DOUBLES;
    const source = doubles[base + SOURCE + START]!;
    const destination = doubles[base + DESTINATION + START]!;
    const [early, late] = midway === FlowFlag.sourceMidway ? [source, destination] : [destination, source];
    if (early !== 0 && early + this.#clockSkewMs < late) words[slot]! |= MIDWAY | FlowFlag.toldByOther;
  }

  #isKnown(record: RecordIdentity, doubles: Float64Array, base: number, flags: number): boolean {
    const { observer } = record;
    const oneObserver = (flags & FlowFlag.bothEnds) !== 0 || observer === Observer.both;
    if ((flags & FlowFlag.hasSource) !== 0 && (observer !== Observer.destination || oneObserver)) {
      this.block = SOURCE;
      if (isSame(record, doubles, base + SOURCE)) return true;
    }
    if ((flags & FlowFlag.hasDestination) !== 0 && (observer === Observer.destination || oneObserver)) {
      this.block = DESTINATION;
      if (isSame(record, doubles, base + DESTINATION)) return true;
    }
    return false;
  }

  #consider(record: RecordIdentity, row: number, doubles: Float64Array, base: number, flags: number): void {
    const { observer, start, end } = record;
    if (observer === Observer.both || observer === Observer.neither) return;
    if ((flags & (FlowFlag.bothEnds | FlowFlag.neitherEnd)) !== 0) return;
    const isDestination = observer === Observer.destination;
    if ((flags & (isDestination ? FlowFlag.hasDestination : FlowFlag.hasSource)) !== 0) return;
    const other = base + (isDestination ? SOURCE : DESTINATION);
    const otherStart = doubles[other + START]!;
    const skew = this.#clockSkewMs;
    if (start > doubles[other + END]! + skew || end < otherStart - skew) return;
    const distance = Math.abs(start - otherStart);
    if (distance >= this.#distance) return;
    this.#joinable = row;
    this.#distance = distance;
  }
}

const onlyDestination = [DESTINATION];
const sourceFirst = [SOURCE];

/** Observers with different keys for one connection; an observer of both ends uses the destination's. */
const observersOfKeys = [Observer.source, Observer.destination] as const;

/** An observer with a number for the flow may have forgotten its start: a restarted agent. */
function isSame({ start, flowId }: RecordIdentity, doubles: Float64Array, block: number): boolean {
  return (
    doubles[block + FLOW_ID] === flowId && (doubles[block + START] === start || (start === 0 && flowId !== 0))
  );
}
