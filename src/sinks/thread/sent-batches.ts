import { BatchLayout, FlowBatch } from '../../flow/index.ts';
import { DictionaryCopy, DictionarySender } from './dictionary-copy.ts';
import type { SentBatch } from './messages.ts';

/** Batches on their way to another thread, which gets what it does not have yet. */
export class BatchSender {
  readonly #strings = new DictionarySender();
  /** That the other thread knows. */
  #layout: BatchLayout | undefined;

  /** The message. A batch whose memory is not shared is copied when it is posted. */
  sent(batch: FlowBatch): SentBatch {
    const { fields, capacity } = batch.layout;
    const { buffer } = batch.columns[fields[0]!];
    // It has a hundred names, and is mostly the same.
    const layout = batch.layout === this.#layout ? undefined : { fields, capacity };
    this.#layout = batch.layout;
    return { length: batch.length, buffer, layout, strings: this.#strings.newStrings(batch.dictionary) };
  }
}

/** Rebuilds the batches of the other thread, in their order. */
export class ReceivedBatches {
  readonly #strings = new DictionaryCopy();
  #layout: BatchLayout | undefined;

  batchOf({ length, buffer, layout, strings }: SentBatch): FlowBatch {
    if (strings !== undefined) this.#strings.add(strings);
    if (layout !== undefined) this.#layout = new BatchLayout(layout.fields, layout.capacity);
    const batch = new FlowBatch(this.#layout!, this.#strings.dictionary, undefined, buffer);
    batch.length = length;
    return batch;
  }
}
