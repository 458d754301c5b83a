import {
  BatchLayout,
  type Dictionary,
  elementsPerRow,
  type FieldName,
  FlowBatch,
  fieldOf,
} from '../flow/index.ts';

/** Records of one batch. */
export const MOST_RECORDS = 1024;

/** Its memory is shared with the threads of sinks: a copy for each would cost this thread more. */
export const sharedBatch = (layout: BatchLayout, dictionary: Dictionary): FlowBatch =>
  new FlowBatch(layout, dictionary, undefined, new SharedArrayBuffer(layout.octets));

/** The layouts of batches with the same fields. Their capacities are powers of two. */
export class RecordLayouts {
  readonly #fields: readonly FieldName[];
  readonly #layouts = new Map<number, BatchLayout>();

  constructor(fields: readonly FieldName[]) {
    this.#fields = fields;
  }

  layoutFor(rows: number): BatchLayout {
    const capacity = 2 ** Math.ceil(Math.log2(rows));
    let layout = this.#layouts.get(capacity);
    if (layout === undefined) {
      layout = new BatchLayout(this.#fields, capacity);
      this.#layouts.set(capacity, layout);
    }
    return layout;
  }

  /** Moves the rows of a batch that is not full into a batch that is as small as possible. */
  moveRows(batch: FlowBatch): FlowBatch {
    const moved = sharedBatch(this.layoutFor(batch.length), batch.dictionary);
    for (const name of batch.layout.fields) {
      const elements = batch.length * elementsPerRow(fieldOf(name).storage);
      moved.columns[name].set(batch.columns[name].subarray(0, elements));
    }
    moved.length = batch.length;
    batch.length = 0;
    return moved;
  }
}
