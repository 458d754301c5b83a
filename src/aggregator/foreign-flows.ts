/**
 * Flows of exporters that are no agents. They are never halves: one observer, with neither end, reports
 * everything. src/ipfix/collecting has already removed repeated messages, so each delta counts whenever it
 * arrives.
 */
import { hasPorts, Observer } from '../flow/index.ts';
import {
  counters,
  DESTINATION,
  END,
  FLOW_ID,
  FlowFlag,
  KEY,
  REPORTED,
  REVERSE_OCTET,
  ROW_DOUBLES,
  ROW_WORDS,
  SOURCE,
  START,
  TOTAL,
} from './flow-row.ts';
import type { FlowPage } from './flow-table.ts';
import type { IncomingRecords } from './incoming-records.ts';
import { Outcome } from './outcome.ts';
import type { RecordIdentity } from './record-identity.ts';

/**
 * The second observer's place is free in these rows. It holds a sampling exporter's unreported counts before
 * scaling, and the sampling interval: NaN when nothing was sampled.
 */
const SAMPLED = DESTINATION + REPORTED;
const SAMPLING_INTERVAL = DESTINATION + FLOW_ID;

/** Whether a record has deltas only: the growth of the flow since the previous record. */
function tellsGrowth({ totals, deltas }: IncomingRecords, i: number): boolean {
  let hasDelta = false;
  for (let k = 0; k < counters.length; k++) {
    if (!Number.isNaN(totals[k]![i]!)) return false;
    if (!Number.isNaN(deltas[k]![i]!)) hasDelta = true;
  }
  return hasDelta;
}

/** Whether a record has no reverse counter. */
function isOneWay({ totals, deltas }: IncomingRecords, i: number): boolean {
  for (let k = REVERSE_OCTET; k < counters.length; k++) {
    if (!Number.isNaN(totals[k]![i]!) || !Number.isNaN(deltas[k]![i]!)) return false;
  }
  return true;
}

/** Sets a record's observer, and what its counters mean. @param pairs whether one-way flows are joined */
export function identifyForeign(
  record: RecordIdentity,
  from: IncomingRecords,
  i: number,
  pairs: boolean,
): void {
  record.observer = Observer.neither;
  record.tellsGrowth = tellsGrowth(from, i);
  record.mayPair = pairs && isOneWay(from, i);
  record.isReverse = false;
}

/** The number of a flow's counter in a record of the flow, which may be of its reverse direction. */
const counterOf = (k: number, { isReverse }: RecordIdentity): number => (isReverse ? k ^ REVERSE_OCTET : k);

/**
 * Whether a record with a row's key belongs to the row's flow. An exporter of deltas may give each record
 * another start, so its records continue the flow until it has ended. Totals belong to one start.
 */
export function continuesFlow(
  record: RecordIdentity,
  doubles: Float64Array,
  base: number,
  flags: number,
): boolean {
  if (doubles[base + SOURCE + FLOW_ID] !== record.flowId) return false;
  const start = doubles[base + SOURCE + START]!;
  if (start === record.start && start !== 0) return true;
  if (!record.tellsGrowth && !record.isReverse) return start === 0 || record.start === 0;
  if ((flags & FlowFlag.sourceEnded) === 0) return true;
  return (record.start || record.end) <= doubles[base + SOURCE + END]!;
}

/** Prepares a row for the first record of a flow, and counts its sampled part. */
export function beginSample({ doubles }: FlowPage, at: number, from: IncomingRecords, i: number): void {
  const base = at * ROW_DOUBLES;
  for (let k = 0; k < counters.length; k++) doubles[base + SAMPLED + k] = 0;
  doubles[base + SAMPLING_INTERVAL] = Number.NaN;
  for (let k = 0; k < counters.length; k++) {
    addSample(doubles, base, k, doubles[base + SOURCE + TOTAL + k]!, from.columns.samplingInterval[i]!);
  }
}

/** Merges the counters and times of a further record into the row. Nothing changes unless it is merged. */
export function countFurther(
  { doubles, words }: FlowPage,
  at: number,
  from: IncomingRecords,
  i: number,
  record: RecordIdentity,
): Outcome {
  const base = at * ROW_DOUBLES;
  const row = base + SOURCE;
  if (!record.tellsGrowth) {
    const protocol = words[at * ROW_WORDS + KEY + 9]! & 0xff;
    const outcome = ofTotals(doubles, row, from, i, record, hasPorts[protocol] === 1);
    if (outcome !== Outcome.merged) return outcome;
  }
  const interval = from.columns.samplingInterval[i]!;
  const end = doubles[row + END]!;
  for (let k = 0; k < counters.length; k++) {
    const known = doubles[row + TOTAL + k]!;
    const counter = counterOf(k, record);
    const total = totalOf(from, i, counter, known, record.end < end);
    const grown = Number.isNaN(total) ? from.deltas[counter]![i]! : total - (known || 0);
    if (Number.isNaN(grown)) continue;
    doubles[row + TOTAL + k] = (known || 0) + grown;
    addSample(doubles, base, k, grown, interval);
  }
  if (record.end > end) doubles[row + END] = record.end;
  const start = doubles[row + START]!;
  if (record.start !== 0 && (start === 0 || record.start < start)) doubles[row + START] = record.start;
  return Outcome.merged;
}

/** What the totals of a further record show about it. */
function ofTotals(
  doubles: Float64Array,
  row: number,
  from: IncomingRecords,
  i: number,
  record: RecordIdentity,
  hasPort: boolean,
): Outcome {
  let rises = false;
  let falls = false;
  const end = doubles[row + END]!;
  for (let k = 0; k < counters.length; k++) {
    const known = doubles[row + TOTAL + k]!;
    const total = totalOf(from, i, counterOf(k, record), known, record.end < end);
    if (total > known || (Number.isNaN(known) && !Number.isNaN(total))) rises = true;
    else if (total < known) falls = true;
  }
  // Without a start, only rising totals show that a flow continues. Without ports, not even those.
  if (record.start === 0 && (falls || !rises || !hasPort)) return Outcome.reset;
  if (falls) return record.end > end ? Outcome.reset : Outcome.late;
  if (!rises && record.end <= end) return record.end < end ? Outcome.late : Outcome.duplicate;
  return Outcome.merged;
}

/** Where a counter of four octets wraps. */
const WRAP = 2 ** 32;

/**
 * A total of a record. With four octets it wraps, and the flow's total continues beyond. A falling total
 * counts as a wrap when the growth is then less than a quarter of the range. A reset counter is seldom so
 * close to its end.
 * @param isLate whether a later record came first: then it may be from before the last wrap
 */
function totalOf(from: IncomingRecords, i: number, counter: number, known: number, isLate: boolean): number {
  const total = from.totals[counter]![i]!;
  const isShort = (from.batch.shortTotals >> counter) & 1;
  if (isShort === 0 || Number.isNaN(known) || !Number.isNaN(from.columns.samplingInterval[i]!)) return total;
  const wrapped = Math.floor(known / WRAP) * WRAP;
  const same = wrapped + total;
  if (isLate) return wrapped > 0 && same - known > WRAP / 2 ? same - WRAP : same;
  return same < known && same + WRAP - known < WRAP / 4 ? same + WRAP : same;
}

function addSample(doubles: Float64Array, base: number, k: number, grown: number, interval: number): void {
  if (Number.isNaN(interval)) return;
  doubles[base + SAMPLING_INTERVAL] = interval;
  if (!Number.isNaN(grown)) doubles[base + SAMPLED + k]! += Math.round(grown / interval);
}

/** Marks the sampled counts as reported. */
export function settleSample(doubles: Float64Array, base: number): void {
  for (let k = 0; k < counters.length; k++) doubles[base + SAMPLED + k] = 0;
}

/** The sampling interval of a row's flow; NaN if it was not sampled. */
export function samplingIntervalOf(doubles: Float64Array, base: number, flags: number): number {
  return (flags & FlowFlag.neitherEnd) === 0 ? Number.NaN : doubles[base + SAMPLING_INTERVAL]!;
}

/** Counts of the sampled packets since the previous report, for one counter; NaN if nobody counts it. */
export function sampledOf(doubles: Float64Array, base: number, k: number): number {
  return Number.isNaN(doubles[base + SOURCE + TOTAL + k]!) ? Number.NaN : doubles[base + SAMPLED + k]!;
}
