import type { Dictionary } from '../../flow/index.ts';

/** One metric: a family of series that differ in their labels. */
export interface Measure {
  /** Its full Prometheus name, e.g. `weir_flow_workload_bytes_total`. */
  readonly name: string;
  /** Its OpenTelemetry name, e.g. `weir.flow.workload.bytes`. */
  readonly otelName: string;
  /** In the Unified Code for Units of Measure, as in OpenTelemetry: `By`, `{packet}`, `s`. */
  readonly unit: string;
  readonly description: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** Upper bounds of a histogram's buckets, rising, in `unit`, without the infinite one. */
  readonly buckets?: readonly number[];
}

/** The columns of a histogram beside `values`, which holds its number of observations. */
export interface HistogramColumns {
  /** Upper bounds of the buckets, rising; one more bucket holds larger values. */
  readonly bounds: readonly number[];
  /** `counts[slot * (bounds.length + 1) + b]`: observations of bucket b alone, bounds inclusive. */
  readonly counts: Float64Array;
  /** By slot, in the measure's unit. */
  readonly sums: Float64Array;
}

/** The latest event behind a count, for an OpenMetrics exemplar. */
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
 * All arrays are made once, at their full length, and stay the same objects; only rows below `slots` have
 * ever been in use. While no table is held, the dictionary may be replaced together with all ids.
 */
export interface SeriesTable {
  /** The grouping, or the metric's own name. */
  readonly name: string;
  /** Prometheus names of the labels. */
  readonly labelNames: readonly string[];
  /**
   * One metric each; the values of measure m are `values[m]`. A histogram is the only measure of its table.
   */
  readonly measures: readonly Measure[];
  /** Label values as the bytes that arrived; a writer must escape them. */
  readonly dictionary: Dictionary;
  /** Rows are 0…slots-1, not all of them in use. */
  readonly slots: number;
  isLive(slot: number): boolean;
  /** `labels[slot * labelNames.length + k]`: an id in `dictionary`, or 0 for a label that is left out. */
  readonly labels: Uint32Array;
  /** `values[measure][slot]`; for a histogram, the number of observations. */
  readonly values: readonly Float64Array[];
  readonly histogram?: HistogramColumns;
  /** By slot: when the series began at zero, in milliseconds since 1970. */
  readonly startedAt: Float64Array;
  /** By slot: how often it was given to a series. A reader that keeps data by slot keeps this with it. */
  readonly generations: Uint32Array;
  /** The latest example behind a measure; undefined when there is none. */
  exemplar?(measure: number, slot: number): Exemplar | undefined;
  /**
   * Adds pending growth to the values: read them only after it. While the table is held, no slot changes its
   * series (nothing is evicted or expires) and the dictionary stays. Counters still rise and series are
   * added. Each `hold` needs one `release`, soon: after a minute the table continues without waiting.
   */
  hold(): void;
  release(): void;
}
