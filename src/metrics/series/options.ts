import type { DefinedMetric } from './defined-metric.ts';
import type { GroupingName } from './grouping.ts';

/** A name for addresses outside. */
export interface NamedRange {
  readonly name: string;
  /** CIDRs or single addresses. */
  readonly networks: readonly string[];
}

export interface FlowSeriesOptions {
  readonly groupings?: readonly GroupingName[];
  /** Series of one table, the one for all others not counted. */
  readonly seriesLimit?: number;
  /** After so long without an increase and without a flow a series is let go. */
  readonly idleMs?: number;
  /** The longest prefix wins, and before the built-in ranges also one of the same length. */
  readonly ranges?: readonly NamedRange[];
  /** Zone by node. */
  readonly zones?: Readonly<Record<string, string>>;
  readonly defined?: readonly DefinedMetric[];
}

export const defaultFlowSeriesOptions: Required<FlowSeriesOptions> = {
  groupings: ['workload'],
  seriesLimit: 10_000,
  idleMs: 3_600_000,
  ranges: [],
  zones: {},
  defined: [],
};
