import { FlowKey } from './flow-key.ts';
import {
  DESTINATION,
  END,
  endFlag,
  FLAGS,
  FlowFlag,
  presenceFlag,
  ROW_DOUBLES,
  ROW_WORDS,
  SOURCE,
  START,
} from './flow-row.ts';
import { type FlowTable, rowAt } from './flow-table.ts';
import type { RecordIdentity } from './record-identity.ts';

/**
 * Finds out whether another flow already counts the traffic of a flow with one half. When an address moves to
 * another watched node, the other end's half stays with the flow of before. The new node opens a flow under a
 * number of its own. The same holds for a node that numbers its connections anew.
 */
export class Counterparts {
  readonly #table: FlowTable;
  readonly #clockSkewMs: number;
  readonly #key = new FlowKey();

  constructor(table: FlowTable, clockSkewMs: number) {
    this.#table = table;
    this.#clockSkewMs = clockSkewMs;
  }

  /** Whether another flow in the table has the half that this one lacks, and overlaps it in time. */
  has(row: number): boolean {
    const flags = this.#table.page(row).words[rowAt(row) * ROW_WORDS + FLAGS]!;
    const isSource = (flags & FlowFlag.hasSource) !== 0;
    const isDestination = (flags & FlowFlag.hasDestination) !== 0;
    if (isSource === isDestination || (flags & (FlowFlag.bothEnds | FlowFlag.neitherEnd)) !== 0) return false;
    const own = isSource ? SOURCE : DESTINATION;
    this.#table.readKey(row, this.#key);
    if (this.#search(row, own)) return true;
    return this.#table.readAlias(row, this.#key) && this.#search(row, own);
  }

  /**
   * Other flows of a row's ends that were reported with one half alone. The half in `block` of that row saw
   * their traffic, too, and they have counted it.
   */
  reportedAlone(row: number, block: number, { start, end }: RecordIdentity): number[] {
    const alone: number[] = [];
    const collect = () => {
      for (let other = this.#table.first(this.#key); other >= 0; other = this.#table.next(this.#key)) {
        if (other !== row && this.#isReportedAlone(other, block, start, end)) alone.push(other);
      }
    };
    this.#table.readKey(row, this.#key);
    collect();
    if (this.#table.readAlias(row, this.#key)) collect();
    return alone;
  }

  #isReportedAlone(row: number, block: number, start: number, end: number): boolean {
    const { doubles, words } = this.#table.page(row);
    const flags = words[rowAt(row) * ROW_WORDS + FLAGS]!;
    const other = SOURCE + DESTINATION - block;
    const others = presenceFlag(block) | FlowFlag.bothEnds | FlowFlag.neitherEnd | FlowFlag.countedElsewhere;
    if ((flags & others) !== 0 || (flags & presenceFlag(other)) === 0 || (flags & FlowFlag.reported) === 0)
      return false;
    const half = rowAt(row) * ROW_DOUBLES + other;
    return (
      doubles[half + START]! - this.#clockSkewMs <= end && doubles[half + END]! + this.#clockSkewMs >= start
    );
  }

  #search(row: number, own: number): boolean {
    const table = this.#table;
    for (let other = table.first(this.#key); other >= 0; other = table.next(this.#key)) {
      if (other !== row && this.#isCounterpart(row, own, other)) return true;
    }
    return false;
  }

  #isCounterpart(row: number, own: number, other: number): boolean {
    const { doubles, words } = this.#table.page(other);
    const flags = words[rowAt(other) * ROW_WORDS + FLAGS]!;
    const isWhole = (flags & FlowFlag.bothEnds) !== 0;
    const lacked = presenceFlag(SOURCE + DESTINATION - own);
    if ((flags & lacked) === 0 && !isWhole) return false;
    if ((flags & FlowFlag.countedElsewhere) !== 0) return false;
    const block = isWhole && (flags & FlowFlag.hasSource) !== 0 ? SOURCE : SOURCE + DESTINATION - own;
    const half = rowAt(other) * ROW_DOUBLES + block;
    const mine = rowAt(row) * ROW_DOUBLES + own;
    const rowDoubles = this.#table.page(row).doubles;
    const hasEnded = (flags & endFlag(block)) !== 0;
    const skew = this.#clockSkewMs;
    // A half that goes on may have sent its last record long ago.
    if (hasEnded && doubles[half + END]! + skew < rowDoubles[mine + START]!) return false;
    return doubles[half + START]! - skew <= rowDoubles[mine + END]!;
  }
}
