import type { Dictionary } from '../../flow/index.ts';

/** One metric: a family of series that differ in their labels. */
export interface Measure {
  /** Its full Prometheus name, e.g. `weir_flow_workload_bytes_total`. */
  readonly name: string;
  /** Its OpenTelemetry name, e.g. `weir.flow.workload.bytes`. */
  readonly otelName: string;
  /** By the Unified Code for Units of Measure, as OpenTelemetry has it: `By`, `{packet}`, `s`. */
  readonly unit: string;
  readonly description: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** Upper bounds of a histogram's buckets, rising, in `unit`, without the infinite one. */
  readonly buckets?: readonly number[];
}

/** What a histogram has beside `values`, which holds its number of observations. */
export interface HistogramColumns {
  /** Upper bounds of the buckets, rising; one more bucket takes what lies above the last. */
  readonly bounds: readonly number[];
  /** `counts[slot * (bounds.length + 1) + b]`: observations in bucket b alone, bounds inclusive. */
  readonly counts: Float64Array;
  /** By slot, in the measure's unit. */
  readonly sums: Float64Array;
}

/** The latest thing behind a count, for an OpenMetrics exemplar. */
export interface Exemplar {
  /** Label names and values, together at most 128 characters. */
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/**
 * Series of one grouping, or of one user-defined metric: rows of label ids and a column of values for each
 * measure.
 *
 * All arrays are made once and stay the same objects, as long as the longest table may get; only rows below
 * `slots` have ever been in use. The dictionary may be exchanged for another while no table is held, all ids
 * with it.
 */
export interface SeriesTable {
  /** The grouping, or the metric's own name. */
  readonly name: string;
  /** Prometheus names of the labels. */
  readonly labelNames: readonly string[];
  /**
   * Each one metric; its values are `values[m]` by its index. A histogram is the only measure of its table.
   */
  readonly measures: readonly Measure[];
  /** Label values, as the bytes that came: whoever writes them escapes them. */
  readonly dictionary: Dictionary;
  /** Rows are 0…slots-1, not all of them in use. */
  readonly slots: number;
  isLive(slot: number): boolean;
  /** `labels[slot * labelNames.length + k]`, id in `dictionary`; 0 for a label that is left out. */
  readonly labels: Uint32Array;
  /** `values[measure][slot]`; of a histogram the number of observations. */
  readonly values: readonly Float64Array[];
  readonly histogram?: HistogramColumns;
  /** Milliseconds since 1970 at which the series began at zero, by slot. */
  readonly startedAt: Float64Array;
  /**
   * How often the slot was given to a series: whoever keeps something by slot keeps this with it. By slot.
   */
  readonly generations: Uint32Array;
  /** The latest example of what a measure counts; undefined when there is none, or none is kept. */
  exemplar?(measure: number, slot: number): Exemplar | undefined;
  /**
   * Brings the values up to date, so read them only after it. While held no slot changes hands (nothing is
   * evicted or expired) and the dictionary stays; counters still rise and series are added. Each `hold` needs
   * one `release`, soon: after a minute the table goes on without waiting.
   */
  hold(): void;
  release(): void;
}
