import { type EnrichableField, type FlowBatch, type FlowEnricher, FlowFilling } from '../flow/index.ts';
import type { Log } from '../runtime/index.ts';

/** Lets an enricher name the ends of this node's records before they leave. */
export class RecordNamer {
  /** Fields that a batch must carry in addition. */
  readonly fields: readonly EnrichableField[];
  readonly #enricher: FlowEnricher;
  readonly #filling: FlowFilling;
  readonly #log: Log;
  #batch: FlowBatch | undefined;

  constructor(enricher: FlowEnricher, log: Log) {
    this.fields = enricher.fills;
    this.#enricher = enricher;
    this.#log = log;
    this.#filling = new FlowFilling(enricher, (text) => this.#batch!.dictionary.internText(text));
  }

  /** Names all rows of the batch. One that its maker refills still has the names of older records. */
  name(batch: FlowBatch): void {
    this.#batch = batch;
    for (const field of this.fields) batch.columns[field].fill(0, 0, batch.length);
    this.#filling.begin(batch, 0, batch.length);
    try {
      this.#enricher.enrich(batch, 0, batch.length, this.#filling);
    } catch (error) {
      this.#log.limited('agent', 'names', `records leave without names: ${(error as Error).message}`);
    }
  }
}
