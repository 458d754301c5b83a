import type { FlowBatch } from '../../flow/index.ts';
import { FlowLine } from './flow-line.ts';
import { LogLayout, type LogLayoutOptions } from './log-layout.ts';
import { MetadataWriter } from './metadata-writer.ts';
import type { Stream } from './stream.ts';
import { StreamTable } from './stream-table.ts';

/**
 * Loki accepts lines up to an hour older than the newest of a stream (half of its max_chunk_age); other
 * writers may have a later clock.
 */
export const LATEST_MS = 900_000;
/** Loki accepts lines up to ten minutes ahead (creation_grace_period). */
export const EARLIEST_MS = 60_000;

export const defaultStaticLabels = { service_name: 'weir-flows' } as const;

export interface FlowLinesOptions extends LogLayoutOptions {
  /** Of every stream; service_name is "weir-flows" by default. */
  readonly staticLabels?: Readonly<Record<string, string>>;
  /** Maximum values of the labels namespace, node and cluster; the rest is "other". */
  readonly valuesPerLabel?: number;
}

/** Turns flows into lines of streams. */
export class FlowLines {
  /** Of every stream. */
  readonly staticLabels: Readonly<Record<string, string>>;
  readonly #streams: StreamTable;
  readonly #line: FlowLine;
  readonly #metadata: MetadataWriter;
  #columns!: FlowBatch['columns'];

  constructor({ staticLabels, valuesPerLabel = 100, ...options }: FlowLinesOptions = {}) {
    const layout = new LogLayout(options);
    this.staticLabels = { ...defaultStaticLabels, ...staticLabels };
    this.#streams = new StreamTable({
      labels: layout.labels,
      staticLabels: this.staticLabels,
      valuesPerLabel,
    });
    this.#line = new FlowLine(layout);
    this.#metadata = new MetadataWriter(layout.metadata);
  }

  /** Number of streams so far. */
  get streams(): number {
    return this.#streams.size;
  }

  /** Call before the rows of a batch. */
  bind(batch: FlowBatch): void {
    this.#columns = batch.columns;
    this.#streams.bind(batch);
    this.#line.bind(batch);
    this.#metadata.bind(batch);
  }

  /** The stream of a row. */
  find(row: number): Stream {
    return this.#streams.find(row);
  }

  /**
   * Writes a row's entry into its stream.
   * @param weight how many flows it represents
   */
  write(stream: Stream, row: number, nowMs: number, weight = 1): void {
    const timeMs = this.#time(row, nowMs);
    const entries = stream.open(timeMs);
    this.#line.write(row, timeMs, weight, entries);
    stream.closeLine();
    this.#metadata.write(row, entries);
    stream.close();
  }

  /** The flow's end, in whole milliseconds; the present when Loki might refuse that. */
  #time(row: number, nowMs: number): number {
    const end = Math.floor(this.#columns.flowEndMilliseconds[row]!);
    return end > nowMs - LATEST_MS && end < nowMs + EARLIEST_MS ? end : Math.floor(nowMs);
  }
}
