import { BatchLayout, elementsPerRow, type FieldName, FlowBatch, fieldOf } from '../flow/index.ts';

/**
 * Copies batches to keep them: only rows in use and columns with values. That is two thirds of the octets for
 * an agent's records, and a quarter for a foreign exporter's.
 */
export class ToldColumns {
  /** The layout of the previous copy: most batches of one stream are alike. */
  #layout = new BatchLayout(['flowId'], 1);

  copyOf(batch: FlowBatch): FlowBatch {
    const copy = new FlowBatch(this.#layoutFor(batch), batch.dictionary, batch.origin);
    for (const name of copy.layout.fields) {
      const elements = batch.length * elementsPerRow(fieldOf(name).storage);
      copy.columns[name].set(batch.columns[name].subarray(0, elements));
    }
    copy.length = batch.length;
    return copy;
  }

  #layoutFor(batch: FlowBatch): BatchLayout {
    const told = batch.layout.fields.filter((name) => batch.tells(name));
    if (this.#layout.capacity !== batch.length || !areSame(this.#layout.fields, told)) {
      this.#layout = new BatchLayout(told, batch.length);
    }
    return this.#layout;
  }
}

function areSame(one: readonly FieldName[], other: readonly FieldName[]): boolean {
  return one.length === other.length && one.every((name, i) => name === other[i]);
}
