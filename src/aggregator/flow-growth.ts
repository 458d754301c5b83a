import type { FlowTally } from '../flow/index.ts';
import { commonReported, commonTotal, greaterOf, MIDWAY } from './common-counters.ts';
import { counters, DESTINATION, FLAGS, FlowFlag, ROW_DOUBLES, ROW_WORDS, SOURCE, TOTAL } from './flow-row.ts';
import type { FlowPage } from './flow-table.ts';

/**
 * Reports to a tally how much flows grow between their reports. Growth is the difference between a flow's
 * next record before and after a change. So the tally always has the sum of all records, however they were
 * made. A record changes the totals of its own observer only. So mostly these are all of the former state
 * that must be kept.
 */
export class FlowGrowth {
  readonly #tally: FlowTally;
  /** The observer's totals; while one came midway, the values of the next record. */
  readonly #before = new Float64Array(counters.length);
  readonly #grown = new Float64Array(counters.length);
  #wasMidway = false;
  #hasGrown = false;

  constructor(tally: FlowTally) {
    this.#tally = tally;
  }

  /** Call before anything of a record is put into the row. @param block of the record's observer */
  mark({ doubles, words }: FlowPage, at: number, block: number): void {
    const flags = words[at * ROW_WORDS + FLAGS]!;
    if ((flags & FlowFlag.reported) === 0) return;
    const base = at * ROW_DOUBLES;
    const before = this.#before;
    this.#wasMidway = (flags & (MIDWAY | FlowFlag.countedElsewhere)) !== 0;
    for (let k = 0; k < counters.length; k++) {
      before[k] = this.#wasMidway
        ? unreportedOf(doubles, base, flags, k)
        : doubles[base + block + TOTAL + k]!;
    }
  }

  /**
   * Call after the counters have been put in. Nothing grows before the flow's first report, which counts
   * everything.
   */
  measure({ doubles, words }: FlowPage, at: number, block: number): void {
    this.#hasGrown = false;
    const flags = words[at * ROW_WORDS + FLAGS]!;
    if ((flags & FlowFlag.reported) === 0) return;
    const base = at * ROW_DOUBLES;
    const own = base + TOTAL + block;
    const other = base + TOTAL + (SOURCE + DESTINATION - block);
    const before = this.#before;
    const grown = this.#grown;
    for (let k = 0; k < counters.length; k++) {
      const common = greaterOf(before[k]!, doubles[other + k]!);
      const total = doubles[own + k]!;
      // The excluded part stays the same and cancels out. There are two exceptions: an observer that came
      // midway may reach further back, and nobody may have counted before.
      if (this.#wasMidway || Number.isNaN(common)) {
        grown[k] = unreportedOf(doubles, base, flags, k) - (before[k]! || 0);
      } else grown[k] = total > common ? total - common : 0;
      if (grown[k] !== 0) this.#hasGrown = true;
    }
  }

  /** Reports the last measurement. */
  tell(row: number): void {
    if (this.#hasGrown) this.#tally.advance(row, this.#grown);
  }
}

/** The value of the next record; 0 when nobody counts. */
function unreportedOf(doubles: Float64Array, base: number, flags: number, k: number): number {
  return commonTotal(doubles, base, k) - commonReported(doubles, base, flags, k) || 0;
}
