import { defaultsOf, duration, integer, listOfNames } from '../../runtime/index.ts';
import type { DefinedMetric } from './defined-metric.ts';
import { type GroupingName, groupingNames } from './grouping.ts';

/** A name for external addresses. */
export interface NamedRange {
  readonly name: string;
  /** CIDRs or single addresses. */
  readonly networks: readonly string[];
}

export interface FlowSeriesOptions {
  readonly groupings?: readonly GroupingName[];
  /** Maximum series of one table, without "other". */
  readonly seriesLimit?: number;
  /** A series without an increase and without a flow expires after this long. */
  readonly idleMs?: number;
  /** The longest prefix wins. Of two of the same length, the configured range wins over the built-in one. */
  readonly ranges?: readonly NamedRange[];
  /** Zone by node. */
  readonly zones?: Readonly<Record<string, string>>;
  readonly defined?: readonly DefinedMetric[];
}

/** The options of a file, other than names and user-defined metrics. */
export const flowSeriesOptions = {
  groupings: listOfNames(groupingNames, {
    description: 'of what flows are summed up; each has metrics of its own',
    value: `a list of ${groupingNames.join(', ')}`,
    default: ['workload'],
  }),
  seriesLimit: integer(1, 1_000_000, {
    description: 'series of a grouping at most: the biggest stay, the rest is summed up as "other"',
    default: 10_000,
  }),
  idleMs: duration('1s', {
    description: 'a series that has not moved for this long is no longer shown',
    default: 3_600_000,
  }),
};

export const defaultFlowSeriesOptions: Required<FlowSeriesOptions> = {
  ...defaultsOf(flowSeriesOptions),
  ranges: [],
  zones: {},
  defined: [],
};
