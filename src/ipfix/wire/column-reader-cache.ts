import type { BatchLayout } from '../../flow/index.ts';
import { ColumnReader } from './column-reader.ts';
import type { Template } from './template.ts';

/**
 * Column readers for one layout of batches, compiled when first asked for and shared by all templates that
 * describe the same octets, whoever sent them. Bounded, since templates come from outside: beyond
 * `capacity` the reader that was longest not asked for is dropped, and compiled again when it is needed.
 */
export class ColumnReaderCache {
  readonly #batchLayout: BatchLayout;
  readonly #capacity: number;
  /** The short way; forgotten as a whole when a reader is dropped, so that it keeps none alive. */
  #byTemplate = new WeakMap<Template, ColumnReader>();
  /** In the order in which they were last asked for the long way, the oldest first. */
  readonly #byLayout = new Map<string, ColumnReader>();

  constructor(batchLayout: BatchLayout, capacity = 256) {
    this.#batchLayout = batchLayout;
    this.#capacity = capacity;
  }

  readerOf(template: Template): ColumnReader {
    const known = this.#byTemplate.get(template);
    if (known !== undefined) return known;
    const reader = this.#byLayout.get(template.layout) ?? new ColumnReader(template, this.#batchLayout);
    this.#byLayout.delete(template.layout);
    this.#byLayout.set(template.layout, reader);
    if (this.#byLayout.size > this.#capacity) this.#dropOldest();
    this.#byTemplate.set(template, reader);
    return reader;
  }

  /** Compiled readers that are held. */
  get size(): number {
    return this.#byLayout.size;
  }

  #dropOldest(): void {
    const [oldest] = this.#byLayout.keys();
    this.#byLayout.delete(oldest!);
    this.#byTemplate = new WeakMap();
  }
}
