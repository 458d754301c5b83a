import { BatchLayout, Dictionary, FlowBatch } from '../../flow/index.ts';
import { tellsFlows } from '../flow-mapping.ts';
import { ColumnReader, flowFieldsOf, type Template } from '../wire/index.ts';

/** What reads the records of a template, and the batch that they are read into, again and again. */
export interface FlowReader {
  readonly columns: ColumnReader;
  readonly batch: FlowBatch;
}

/** Layouts that are kept ready; a batch of 1024 rows takes about 400 KB. */
const MAX_READERS = 64;

/**
 * The readers of all templates that tell flows, one for each layout whoever announced it: compiled when
 * its first records come, forgotten when many others have come since.
 */
export class FlowReaders {
  readonly #rows: number;
  readonly #byTemplate = new WeakMap<Template, FlowReader | 'none'>();
  /** In the order in which templates began to use them, the oldest first. */
  readonly #byLayout = new Map<string, FlowReader>();

  /** @param rows capacity of each batch */
  constructor(rows: number) {
    this.#rows = rows;
  }

  /** Undefined for a template that tells no flows. */
  readerOf(template: Template): FlowReader | undefined {
    let reader = this.#byTemplate.get(template);
    if (reader === undefined) {
      reader = tellsFlows(template) ? this.#readerFor(template) : 'none';
      this.#byTemplate.set(template, reader);
    }
    return reader === 'none' ? undefined : reader;
  }

  #readerFor(template: Template): FlowReader {
    const reader = this.#byLayout.get(template.layout) ?? this.#compile(template);
    this.#byLayout.delete(template.layout);
    this.#byLayout.set(template.layout, reader);
    if (this.#byLayout.size > MAX_READERS) {
      const [oldest] = this.#byLayout.keys();
      this.#byLayout.delete(oldest!);
    }
    return reader;
  }

  #compile(template: Template): FlowReader {
    const layout = new BatchLayout(flowFieldsOf(template), this.#rows);
    return { columns: new ColumnReader(template, layout), batch: new FlowBatch(layout, new Dictionary()) };
  }
}
