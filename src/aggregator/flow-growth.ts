import type { FlowTally } from '../flow/index.ts';
import { commonReported, commonTotal, MIDWAY } from './common-counters.ts';
import { counters, FLAGS, Flag, ROW_DOUBLES, ROW_WORDS } from './flow-row.ts';
import type { FlowPage } from './flow-table.ts';

/**
 * Tells a tally by how much flows grow between their reports. Growth is the difference between what a flow's next record
 * would say before and after: so the tally has at any time what all records say, however they came about.
 */
export class FlowGrowth {
  readonly #tally: FlowTally;
  readonly #before = new Float64Array(counters.length);
  readonly #grown = new Float64Array(counters.length);
  #wasMidway = false;

  constructor(tally: FlowTally) {
    this.#tally = tally;
  }

  /** Call before a record is put into the row. */
  mark({ doubles, words }: FlowPage, at: number): void {
    const flags = words[at * ROW_WORDS + FLAGS]!;
    if ((flags & Flag.reported) === 0) return;
    const base = at * ROW_DOUBLES;
    this.#wasMidway = (flags & MIDWAY) !== 0;
    for (let k = 0; k < counters.length; k++) {
      this.#before[k] = this.#wasMidway ? unreported(doubles, base, flags, k) : commonTotal(doubles, base, k);
    }
  }

  /** Call after. Nothing is told before the flow's first report, which counts all that there is. */
  tell(row: number, { doubles, words }: FlowPage, at: number): void {
    const flags = words[at * ROW_WORDS + FLAGS]!;
    if ((flags & Flag.reported) === 0) return;
    const base = at * ROW_DOUBLES;
    const grown = this.#grown;
    let hasGrown = false;
    for (let k = 0; k < counters.length; k++) {
      const before = this.#before[k]!;
      // What is not to be told stays the same, and goes out of the difference, but where an observer that came midway may
      // reach further back, or where nobody counted before.
      grown[k] =
        this.#wasMidway || Number.isNaN(before)
          ? unreported(doubles, base, flags, k) - (before || 0)
          : commonTotal(doubles, base, k) - before;
      if (grown[k] !== 0) hasGrown = true;
    }
    if (hasGrown) this.#tally.advance(row, grown[0]!, grown[1]!, grown[2]!, grown[3]!);
  }
}

/** What the next record would say; 0 when nobody counts. */
function unreported(doubles: Float64Array, base: number, flags: number, k: number): number {
  return commonTotal(doubles, base, k) - commonReported(doubles, base, flags, k) || 0;
}
