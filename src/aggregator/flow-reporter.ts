import { EndReason, type FlowTally } from '../flow/index.ts';
import type { Account } from '../runtime/index.ts';
import type { BatchOutlet } from './batch-outlet.ts';
import { commonReported, commonTotal, MIDWAY } from './common-counters.ts';
import type { Counterparts } from './counterparts.ts';
import type { DepartedFlows } from './departed-flows.ts';
import type { Enrichment } from './enrichment.ts';
import { flowFingerprint } from './flow-key.ts';
import { FlowReport, markReported } from './flow-report.ts';
import {
  counters,
  DESTINATION,
  endWait,
  FLAGS,
  FLOW_ID,
  FlowFlag,
  KEY,
  midwayFlag,
  OCTET,
  REPORTED,
  REVERSE_OCTET,
  ROW_DOUBLES,
  ROW_WORDS,
  SOURCE,
  START,
  TOTAL,
} from './flow-row.ts';
import { type FlowPage, type FlowTable, rowAt } from './flow-table.ts';
import type { Names } from './names.ts';
import { PendingTally } from './pending-tally.ts';
import type { RecordIdentity } from './record-identity.ts';

/** Why a flow is removed; it decides the end reason of a last record whose flow has not ended by itself. */
export type Departure = 'idle' | 'lack of resources' | 'stop' | 'joined';

const departureReasons = {
  idle: EndReason.idle,
  'lack of resources': EndReason.lackOfResources,
  stop: EndReason.forced,
  joined: EndReason.active,
} as const;

export interface FlowReporterParts {
  readonly table: FlowTable;
  readonly names: Names;
  readonly departed: DepartedFlows;
  readonly flows: Account;
  readonly clusterId: string | undefined;
  readonly tally: FlowTally | undefined;
  /** Undefined without enrichers. */
  readonly enrichment: Enrichment | undefined;
  readonly counterparts: Counterparts;
  readonly outlet: BatchOutlet;
}

/**
 * Reports flows and lets them go. Records gather until a batch is full or `flush` hands on what there is.
 *
 * Only the last record has end reason 3 (end of flow). It is sent when each node that reports the flow has
 * reported its end and none is awaited. It is also sent when the flow is removed after one has. Any other
 * record has the reason of the flow's latest record.
 */
export class FlowReporter {
  /** Whether more than one node, or other exporter, has been heard of. */
  hasSeveralExporters = false;
  readonly #parts: FlowReporterParts;
  #report: FlowReport;
  /** Records of the batch that have their names, and that the tally knows. */
  #settled = 0;
  /** What the tally is not told yet, in order. */
  readonly #pending = new PendingTally();
  #isGathering = false;

  constructor(parts: FlowReporterParts) {
    this.#parts = parts;
    this.#report = this.#newReport();
  }

  /** Reports what is new of a flow. @param now milliseconds since 1970 */
  report(row: number, now: number): void {
    const page = this.#parts.table.page(row);
    const at = rowAt(row);
    const flags = page.words[at * ROW_WORDS + FLAGS]!;
    if ((flags & FlowFlag.changed) === 0) return;
    const latest = flags & FlowFlag.endReason;
    const unfinished = latest === EndReason.end ? EndReason.active : latest;
    this.#write(row, page, at, isOver(flags) ? EndReason.end : unfinished, now);
  }

  /** Reports what is new of a flow, or that it ended, and removes it. @param now milliseconds since 1970 */
  remove(row: number, departure: Departure, now: number): void {
    const { table, departed, flows, tally } = this.#parts;
    const page = table.page(row);
    const at = rowAt(row);
    const slot = at * ROW_WORDS + FLAGS;
    const flags = page.words[slot]!;
    const over = isOver(flags) || (departure === 'idle' && hasPartlyEnded(flags));
    if (departure === 'idle') endWait(page.words, slot); // no wait is longer
    if ((flags & FlowFlag.changed) !== 0 || (over && (flags & FlowFlag.endReported) === 0)) {
      this.#write(row, page, at, over ? EndReason.end : departureReasons[departure], now);
    }
    if ((flags & FlowFlag.waiting) !== 0) flows.note('uncorrelated');
    if ((flags & FlowFlag.hasSource) !== 0) departed.add(fingerprintOf(page, at, SOURCE), now);
    if ((flags & FlowFlag.hasDestination) !== 0) departed.add(fingerprintOf(page, at, DESTINATION), now);
    if (tally !== undefined) this.#pending.addEnd(row);
    table.close(row);
    flows.sent++;
    if (!this.#isGathering) this.#settle(now);
  }

  /** Lets a flow go that nobody has been told of, and that goes on in another row. */
  forget(row: number): void {
    this.#parts.table.close(row);
    this.#parts.flows.sent++;
  }

  /**
   * Completes and names the records from now on together, at `settle`. That costs less: the processor then
   * fetches distant memory for many at once. Until `settle` no flow may begin or grow.
   */
  gather(): void {
    this.#isGathering = true;
  }

  /** Ends what `gather` began. @param now milliseconds since 1970 */
  settle(now: number): void {
    this.#isGathering = false;
    this.#settle(now);
  }

  /**
   * Call before the first report of a flow whose other half has not come. If another flow counts its traffic,
   * this one leaves it out.
   */
  seekCounterpart(row: number): void {
    const { table, counterparts, flows } = this.#parts;
    const { words } = table.page(row);
    const slot = rowAt(row) * ROW_WORDS + FLAGS;
    const isAlone = (words[slot]! & (FlowFlag.waiting | FlowFlag.uncorrelated)) !== 0;
    if (!isAlone || (words[slot]! & FlowFlag.countedElsewhere) !== 0 || !counterparts.has(row)) return;
    words[slot]! |= FlowFlag.countedElsewhere;
    flows.note('counted with another flow');
  }

  /**
   * Call before a row gets its other half. Flows that were reported without this half, and have counted its
   * traffic, count no further. Then the row must `leaveOut` what the half has counted so far.
   * @returns whether there are such flows
   */
  takeOver(row: number, block: number, record: RecordIdentity, now: number): boolean {
    const { table, counterparts, flows } = this.#parts;
    const others = counterparts.reportedAlone(row, block, record);
    if (others.length === 0) return false;
    for (const other of others) {
      this.report(other, now);
      table.page(other).words[rowAt(other) * ROW_WORDS + FLAGS]! |= FlowFlag.countedElsewhere;
      flows.note('counted with another flow');
    }
    const slot = rowAt(row) * ROW_WORDS + FLAGS;
    const { words } = table.page(row);
    if ((words[slot]! & FlowFlag.reported) !== 0) this.report(row, now);
    words[slot]! |= FlowFlag.countedElsewhere; // so that the flow does not grow by what the half brings
    return true;
  }

  /** Call when the row has the half. */
  leaveOut(row: number, block: number): void {
    const { doubles, words } = this.#parts.table.page(row);
    const slot = rowAt(row) * ROW_WORDS + FLAGS;
    const base = rowAt(row) * ROW_DOUBLES;
    const isReported = (words[slot]! & FlowFlag.reported) !== 0;
    const grownBy = (k: number) => {
      const reported = doubles[base + SOURCE + DESTINATION - block + TOTAL + k]! || 0;
      return Math.max(0, commonTotal(doubles, base, k) - reported) || 0;
    };
    if (isReported) this.#parts.flows.note('octets left out', grownBy(OCTET) + grownBy(REVERSE_OCTET));
    for (let k = 0; k < counters.length; k++)
      doubles[base + block + REPORTED + k] = doubles[base + block + TOTAL + k]!;
    words[slot]! &= ~FlowFlag.countedElsewhere;
    // The first report of a row notes by itself what it leaves out.
    if (isReported) words[slot]! &= ~midwayFlag(block);
    else words[slot]! |= MIDWAY;
  }

  /** Not while records are gathered. */
  flush(): void {
    this.#settled = 0;
    const batch = this.#report.take();
    if (batch !== undefined) this.#parts.outlet.write(batch);
  }

  /** Begins new dictionaries when many names are out of use. */
  renewNames(): void {
    if (!this.#parts.names.renewIfGrown()) return;
    this.flush();
    this.#report = this.#newReport();
  }

  #newReport(): FlowReport {
    const { names, clusterId, outlet } = this.#parts;
    return new FlowReport(names, clusterId, () => outlet.spare?.());
  }

  #write(row: number, page: FlowPage, at: number, reason: number, now: number): void {
    const { tally, counterparts, enrichment } = this.#parts;
    const slot = at * ROW_WORDS + FLAGS;
    if (!this.hasSeveralExporters && !isWaitCut(page.words[slot]!))
      page.words[slot]! &= ~FlowFlag.toldByOther;
    const isFirst = (page.words[slot]! & FlowFlag.reported) === 0;
    if (isFirst) this.seekCounterpart(row);
    const flags = page.words[slot]!;
    const isCountedElsewhere = (flags & FlowFlag.countedElsewhere) !== 0;
    if (isCountedElsewhere) this.#noteUncounted(page, at, flags & ~FlowFlag.countedElsewhere);
    if (isFirst && (flags & MIDWAY) !== 0 && (flags & FlowFlag.hasDeparted) === 0)
      this.#noteLeftOut(page, at, flags & ~FlowFlag.countedElsewhere);
    this.#report.write(page, at, reason);
    const mayName = enrichment !== undefined || (flags & FlowFlag.named) !== 0;
    if (tally !== undefined) this.#pending.addRecord(row, isFirst, mayName);
    markReported(page, at, reason);
    if (isCountedElsewhere && !counterparts.has(row)) page.words[slot]! &= ~FlowFlag.countedElsewhere;
    const { isFull } = this.#report.batch;
    if (isFull || !this.#isGathering) this.#settle(now);
    if (isFull) this.flush();
  }

  /** Completes and names the records that lack it, and tells the tally. */
  #settle(now: number): void {
    const { tally, enrichment } = this.#parts;
    const { batch } = this.#report;
    this.#report.complete();
    if (batch.length > this.#settled) enrichment?.enrich(batch, this.#settled, batch.length);
    if (tally !== undefined) this.#pending.tell(tally, batch, this.#settled, now);
    this.#settled = batch.length;
  }

  /** What a flow has grown by, which another flow counts. @param flags as if none did */
  #noteUncounted({ doubles }: FlowPage, at: number, flags: number): void {
    const base = at * ROW_DOUBLES;
    const grownBy = (k: number) =>
      commonTotal(doubles, base, k) - commonReported(doubles, base, flags, k) || 0;
    this.#parts.flows.note('octets left out', grownBy(OCTET) + grownBy(REVERSE_OCTET));
  }

  /** A flow's first totals are its first deltas and this. */
  #noteLeftOut({ doubles }: FlowPage, at: number, flags: number): void {
    const base = at * ROW_DOUBLES;
    const forward = commonReported(doubles, base, flags, OCTET) || 0;
    const reverse = commonReported(doubles, base, flags, REVERSE_OCTET) || 0;
    this.#parts.flows.note('octets left out', forward + reverse);
  }
}

/** Every node that reports the flow has said that it ended, and none is awaited. */
export function isOver(flags: number): boolean {
  if ((flags & FlowFlag.waiting) !== 0) return false;
  const open =
    ((flags & FlowFlag.hasSource) !== 0 && (flags & FlowFlag.sourceEnded) === 0) ||
    ((flags & FlowFlag.hasDestination) !== 0 && (flags & FlowFlag.destinationEnded) === 0);
  return !open;
}

/** An older flow has not waited to the end. The other node's agent may only not be connected yet. */
const isWaitCut = (flags: number): boolean =>
  (flags & FlowFlag.waiting) !== 0 && (flags & FlowFlag.older) !== 0;

const hasPartlyEnded = (flags: number): boolean =>
  (flags & (FlowFlag.sourceEnded | FlowFlag.destinationEnded)) !== 0;

function fingerprintOf({ doubles, words }: FlowPage, at: number, block: number): number {
  const base = at * ROW_DOUBLES + block;
  return flowFingerprint(words, at * ROW_WORDS + KEY, doubles[base + FLOW_ID]!, doubles[base + START]!);
}
