import { BatchLayout, elementsPerRow, type FieldName, FlowBatch, fieldOf, MAX_ROWS } from '../flow/index.ts';
import { RowMemory } from './row-memory.ts';

/**
 * The rows of a segment as its writer got them. They stay in memory until the segment is a file, which is
 * faster than to read them again. Few large batches contain them, only with the fields that have values.
 */
export class GatheredRows {
  readonly batches: FlowBatch[] = [];
  readonly #memory: RowMemory;
  readonly #buffers: SharedArrayBuffer[] = [];
  #times = new Float64Array(MAX_ROWS);
  #rows = 0;
  #layout = new BatchLayout([]);

  constructor(memory = new RowMemory()) {
    this.#memory = memory;
  }

  /** When each was stored, in milliseconds. */
  get times(): Float64Array {
    return this.#times.subarray(0, this.#rows);
  }

  /** Copies the rows of a batch. */
  add(batch: FlowBatch, timeMs: number): void {
    this.#widenFor(batch);
    for (let from = 0; from < batch.length; ) {
      const to = this.#openFor(batch);
      const rows = Math.min(batch.length - from, MAX_ROWS - to.length);
      for (const name of to.layout.fields) copyRows(name, batch, from, to, rows);
      to.length += rows;
      from += rows;
    }
    this.#addTimes(timeMs, batch.length);
  }

  /** Nobody may use the rows any more. */
  release(): void {
    this.#memory.giveBack(this.#buffers.splice(0));
  }

  #widenFor(batch: FlowBatch): void {
    const more = batch.layout.fields.filter((name) => !this.#layout.has(name) && batch.tells(name));
    if (more.length > 0) this.#layout = new BatchLayout([...this.#layout.fields, ...more]);
  }

  /** The last batch, or a new one if that is full, lacks fields or has other strings. */
  #openFor({ dictionary }: FlowBatch): FlowBatch {
    const last = this.batches.at(-1);
    if (last?.layout === this.#layout && last.dictionary === dictionary && !last.isFull) return last;
    const buffer = this.#memory.take(this.#layout.octets);
    this.#buffers.push(buffer);
    const next = new FlowBatch(this.#layout, dictionary, undefined, buffer);
    this.batches.push(next);
    return next;
  }

  #addTimes(timeMs: number, rows: number): void {
    const end = this.#rows + rows;
    if (end > this.#times.length) {
      const grown = new Float64Array(end * 2);
      grown.set(this.#times);
      this.#times = grown;
    }
    this.#times.fill(timeMs, this.#rows, end);
    this.#rows = end;
  }
}

/** What a batch does not carry is none in its columns, too. */
function copyRows(name: FieldName, batch: FlowBatch, from: number, to: FlowBatch, rows: number): void {
  const width = elementsPerRow(fieldOf(name).storage);
  const some = (batch.columns[name] as Float64Array).subarray(from * width, (from + rows) * width);
  (to.columns[name] as Float64Array).set(some, to.length * width);
}
