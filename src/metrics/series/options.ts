import { type NamedRange, readNetworks } from '../../flow/index.ts';
import {
  defaultsOf,
  durationOption,
  integerOption,
  mapOption,
  nameListOption,
  type Values,
} from '../../runtime/index.ts';
import { builtInRanges } from './built-in-ranges.ts';
import type { DefinedMetric } from './defined-metric.ts';
import { definedMetric, definedMetricOptions } from './defined-metric-options.ts';
import { type GroupingName, groupingNames } from './grouping.ts';

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

/** The options of a file. */
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
  ranges: mapOption(
    {
      description:
        'names of external address ranges, with their networks; the longest prefix names an address',
      value: 'a map of names to lists of CIDRs, such as { office: ["10.1.0.0/16"] }',
      derived: builtInRanges.map(({ name }) => name).join(', '),
      json: { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' }, minItems: 1 }] },
    },
    'a list of CIDRs, such as ["10.1.0.0/16"]',
    readNetworks,
  ),
  zones: mapOption(
    {
      description: 'the zone of each node whose zone no record has, for the grouping zone',
      value: 'a map of names of nodes to zones, such as { node-1: zone-a }',
      default: {} as Readonly<Record<string, string>>,
      json: { type: 'string', minLength: 1 },
    },
    'the name of a zone',
    (found) => (typeof found === 'string' && found !== '' ? found : undefined),
  ),
  defined: definedMetricOptions,
};

export const flowSeriesSettings = ({
  groupings,
  seriesLimit,
  idleMs,
  ranges = {},
  zones,
  defined,
}: Values<typeof flowSeriesOptions>): Required<FlowSeriesOptions> => ({
  groupings: [...new Set(groupings)],
  seriesLimit,
  idleMs,
  ranges: Object.entries(ranges).map(([name, networks]) => ({ name, networks })),
  zones,
  defined: defined.map(definedMetric),
});

export const defaultFlowSeriesOptions = flowSeriesSettings(defaultsOf(flowSeriesOptions));
