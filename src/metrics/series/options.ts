import { defaultsOf, durationOption, integerOption, nameListOption } from '../../runtime/index.ts';
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
  groupings: nameListOption(groupingNames, {
    description: 'which groupings to aggregate flows by; each produces its own metrics',
    value: `a list of ${groupingNames.join(', ')}`,
    default: ['workload'],
  }),
  seriesLimit: integerOption(1, 1_000_000, {
    description:
      'maximum number of series of a grouping; the series "other" contains those beyond, the smallest',
    default: 10_000,
  }),
  idleMs: durationOption('1s', {
    description: 'time without a change after which a series is removed',
    default: 3_600_000,
  }),
};

export const defaultFlowSeriesOptions: Required<FlowSeriesOptions> = {
  ...defaultsOf(flowSeriesOptions),
  ranges: [],
  zones: {},
  defined: [],
};
