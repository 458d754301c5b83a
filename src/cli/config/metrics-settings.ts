import {
  type DefinedMetric,
  type FlowSeriesOptions,
  type OtlpOptions,
  otlpReceiver,
} from '../../metrics/index.ts';
import type { AgentFile } from './agent-file.ts';
import type { AggregatorFile } from './aggregator-file.ts';
import type { MetricsListen } from './metrics-options.ts';

/** Where metrics are read, and where they are sent. */
export interface MetricsSettings {
  /** Undefined when /metrics is off. */
  readonly listen: MetricsListen | undefined;
  /** A file with the bearer token that readers need; when undefined, anyone who reaches the address reads. */
  readonly tokenFile?: string | undefined;
  readonly otlp: readonly OtlpOptions[];
  /** The name of this process for receivers of OTLP. */
  readonly instance: string;
}

type Section = AgentFile['weir']['metrics'];
type AggregatorSection = AggregatorFile['weir']['metrics'];

export function metricsSettings(
  { listen, otlp, tokenFile, instance }: Section,
  instanceByDefault: string,
): MetricsSettings {
  return {
    listen: listen === 'off' ? undefined : listen,
    ...definedKeysOf({ tokenFile }),
    instance: instance ?? instanceByDefault,
    otlp: otlp.map(otlpReceiver),
  };
}

export function flowSeriesSettings(section: AggregatorSection): Required<FlowSeriesOptions> {
  return {
    groupings: [...new Set(section.groupings)],
    seriesLimit: section.seriesLimit,
    idleMs: section.seriesIdleTimeout,
    ranges: Object.entries(section.ranges ?? {}).map(([name, networks]) => ({ name, networks })),
    zones: section.zones,
    defined: section.defined.map(definedMetric),
  };
}

function definedMetric({
  name,
  value,
  labels,
  type,
  panel,
  ...others
}: AggregatorSection['defined'][number]): DefinedMetric {
  return {
    name,
    type,
    value,
    labels: [...new Set(labels)],
    ...definedKeysOf(others),
    ...(panel === undefined
      ? {}
      : {
          panel: {
            dashboard: panel.dashboard,
            title: panel.title ?? others.description ?? name,
            ...definedKeysOf({ unit: panel.unit }),
          },
        }),
  };
}

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Removes keys without a value. */
function definedKeysOf<T extends object>(values: T): Given<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Given<T>;
}
