import { Observer } from '../flow/index.ts';
import type { Account } from '../runtime/index.ts';
import { type Accumulation, clearBlock } from './accumulation.ts';
import type { Correlation } from './correlation.ts';
import type { FlowReporter } from './flow-reporter.ts';
import {
  counters,
  DESTINATION,
  END,
  endFlag,
  FLAGS,
  FLOW_ID,
  FlowFlag,
  OCTET,
  presenceFlag,
  REPORTED,
  REPORTED_END,
  REVERSE_OCTET,
  ROW_DOUBLES,
  ROW_WORDS,
  SOURCE,
  START,
  TOTAL,
} from './flow-row.ts';
import { type FlowTable, rowAt } from './flow-table.ts';
import type { IncomingRecords } from './incoming-records.ts';
import type { RecordIdentity } from './record-identity.ts';

export interface JoiningParts {
  readonly table: FlowTable;
  readonly correlation: Correlation;
  readonly accumulation: Accumulation;
  readonly reporter: FlowReporter;
  readonly flows: Account;
}

/**
 * Brings the two halves of a flow together in one row. An agent may learn late that its node has an end, as
 * with a Pod that it did not know yet. Until then it tells of a flow with neither end, in a row of its own
 * that may have been reported. What that row has counted, the half does not count again.
 */
export class Joining {
  readonly #parts: JoiningParts;

  constructor(parts: JoiningParts) {
    this.#parts = parts;
  }

  /** Call when a row has got its other half. @param tenths the present in the table's unit */
  join(row: number, tenths: number): void {
    const { table, correlation, flows } = this.#parts;
    const { due, words } = table.page(row);
    const slot = rowAt(row) * ROW_WORDS + FLAGS;
    flows.note((words[slot]! & FlowFlag.uncorrelated) === 0 ? 'correlated' : 'correlated late');
    words[slot]! &= ~(FlowFlag.waiting | FlowFlag.uncorrelated | FlowFlag.toldByOther);
    correlation.compareStarts(row);
    due[rowAt(row)] = tenths;
  }

  /**
   * The row of a record whose observer knew neither end until now.
   * @param former the row of the earlier records
   * @param now milliseconds since 1970; `tenths` the same in the table's unit
   */
  place(
    former: number,
    record: RecordIdentity,
    from: IncomingRecords,
    i: number,
    now: number,
    tenths: number,
  ): number {
    const { table, correlation, accumulation, reporter, flows } = this.#parts;
    const joined = correlation.find(record);
    flows.note('observer known late');
    if ((table.page(former).words[rowAt(former) * ROW_WORDS + FLAGS]! & FlowFlag.reported) === 0) {
      reporter.forget(former);
      return joined;
    }
    const { block } = correlation;
    correlation.isFurther = true;
    const row = joined >= 0 ? joined : former;
    if (joined >= 0) this.#moveInto(joined, block, former, now);
    else this.#turnIntoHalf(former, block, record);
    accumulation.describeHalf(table.page(row), rowAt(row), block, from, i, record);
    if (joined >= 0) this.join(joined, tenths);
    else if (record.hasAlias) table.addAlias(former);
    return row;
  }

  /** Makes a row with neither end the half in `block` that the record is of. */
  #turnIntoHalf(row: number, block: number, { key, observer }: RecordIdentity): void {
    const { table } = this.#parts;
    const { doubles, words } = table.page(row);
    const slot = rowAt(row) * ROW_WORDS + FLAGS;
    table.changeKey(row, key);
    if (block === DESTINATION) {
      const base = rowAt(row) * ROW_DOUBLES;
      copyBlock(doubles, base + SOURCE, doubles, base + DESTINATION);
      clearBlock(doubles, base + SOURCE);
    }
    const ended = endFlagIn(words[slot]!, block);
    words[slot]! &= ~(FlowFlag.neitherEnd | FlowFlag.hasSource | FlowFlag.sourceEnded);
    // A node with both ends is alone; else the other half is missing so far.
    words[slot]! |= observer === Observer.both ? FlowFlag.bothEnds : FlowFlag.uncorrelated;
    words[slot]! |= presenceFlag(block) | ended;
  }

  /** Moves what a row with neither end has into `block` of the row with the other half, and lets it go. */
  #moveInto(joined: number, block: number, former: number, now: number): void {
    const { table, reporter, flows } = this.#parts;
    const { doubles, words } = table.page(joined);
    const slot = rowAt(joined) * ROW_WORDS + FLAGS;
    const base = rowAt(joined) * ROW_DOUBLES;
    const isReported = (words[slot]! & FlowFlag.reported) !== 0;
    reporter.report(former, now);
    if (isReported) reporter.report(joined, now);
    const page = table.page(former);
    copyBlock(page.doubles, rowAt(former) * ROW_DOUBLES + SOURCE, doubles, base + block);
    words[slot]! |= presenceFlag(block) | endFlagIn(page.words[rowAt(former) * ROW_WORDS + FLAGS]!, block);
    const twice = twiceOf(doubles, base, OCTET) + twiceOf(doubles, base, REVERSE_OCTET);
    if (isReported) flows.note('octets counted twice', twice);
    reporter.remove(former, 'joined', now);
  }
}

/** The flag of an ended half in `block`, if a flow with neither end has ended. */
function endFlagIn(flags: number, block: number): number {
  return (flags & FlowFlag.sourceEnded) !== 0 ? endFlag(block) : 0;
}

/** What both blocks have reported of a counter. */
function twiceOf(doubles: Float64Array, base: number, k: number): number {
  return Math.min(doubles[base + SOURCE + REPORTED + k]!, doubles[base + DESTINATION + REPORTED + k]!) || 0;
}

function copyBlock(from: Float64Array, block: number, into: Float64Array, to: number): void {
  for (let k = 0; k < counters.length; k++) {
    into[to + TOTAL + k] = from[block + TOTAL + k]!;
    into[to + REPORTED + k] = from[block + REPORTED + k]!;
  }
  into[to + START] = from[block + START]!;
  into[to + END] = from[block + END]!;
  into[to + FLOW_ID] = from[block + FLOW_ID]!;
  into[to + REPORTED_END] = from[block + REPORTED_END]!;
}
