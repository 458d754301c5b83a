import type { FlowBatch, FlowTally } from '../flow/index.ts';

/** What a tally gets once the records of a batch have their names. */
export class PendingTally {
  readonly #rows: number[] = [];
  /** Of each: `END`, or flags of a record. */
  readonly #kinds: number[] = [];

  /** The next record of the batch is of this row of the flow table. */
  addRecord(row: number, isFirst: boolean, mayName: boolean): void {
    this.#rows.push(row);
    this.#kinds.push((isFirst ? FIRST : 0) | (mayName ? MAY_NAME : 0));
  }

  /** The flow of this row has ended. */
  addEnd(row: number): void {
    this.#rows.push(row);
    this.#kinds.push(END);
  }

  /** @param from the place of the first of the records in the batch */
  tell(tally: FlowTally, batch: FlowBatch, from: number, now: number): void {
    let record = from;
    for (let i = 0; i < this.#rows.length; i++) {
      const row = this.#rows[i]!;
      const kind = this.#kinds[i]!;
      if (kind === END) tally.close(row);
      else tally.classify(row, batch, record++, now, (kind & FIRST) !== 0, (kind & MAY_NAME) !== 0);
    }
    this.#rows.length = 0;
    this.#kinds.length = 0;
  }
}

const FIRST = 1;
const MAY_NAME = 2;
const END = 4;
