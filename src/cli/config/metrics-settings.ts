import {
  type DefinedMetric,
  defaultFlowSeriesOptions,
  type FlowSeriesOptions,
  type OtlpOptions,
} from '../../metrics/index.ts';
import type { AgentFile } from './agent-file.ts';
import type { AggregatorFile } from './aggregator-file.ts';
import { defaultMetricsListen } from './metrics-options.ts';

/** Where metrics are read and sent to. */
export interface MetricsSettings {
  /** Undefined: nowhere. */
  readonly listen: MetricsListen | undefined;
  /** With the bearer token that a reader has to give; undefined: whoever can reach it reads. */
  readonly tokenFile?: string | undefined;
  readonly otlp: readonly OtlpOptions[];
  /** What receivers of OTLP tell this process from others by. */
  readonly instance: string;
}

export interface MetricsListen {
  readonly host: string;
  readonly port: number;
  /** Whether the file asks for this address, so that nothing starts without it. */
  readonly isAskedFor: boolean;
}

type Section = AgentFile['weir']['metrics'];
type AggregatorSection = AggregatorFile['weir']['metrics'];

export function metricsSettings(
  { listen, otlp, tokenFile, instance }: Section,
  program: keyof typeof defaultMetricsListen,
  instanceByDefault: string,
): MetricsSettings {
  return {
    listen: listen === 'off' ? undefined : listenSettings(listen, defaultMetricsListen[program]),
    ...given({ tokenFile }),
    instance: instance ?? instanceByDefault,
    otlp: otlp.map(
      ({ endpoint, protocol = 'http/protobuf', interval = 15_000, timeout, headersFile, caFile }) => ({
        endpoint: endpointOf(endpoint!, protocol),
        protocol,
        intervalMs: interval,
        timeoutMs: timeout ?? Math.min(interval, 10_000),
        ...given({ headersFile, caFile }),
      }),
    ),
  };
}

export function flowSeriesSettings(section: AggregatorSection): Required<FlowSeriesOptions> {
  const byDefault = defaultFlowSeriesOptions;
  return {
    groupings: section.groupings === undefined ? byDefault.groupings : [...new Set(section.groupings)],
    seriesLimit: section.seriesLimit ?? byDefault.seriesLimit,
    idleMs: section.seriesIdleTimeout ?? byDefault.idleMs,
    ranges: Object.entries(section.ranges ?? {}).map(([name, networks]) => ({ name, networks })),
    zones: section.zones ?? {},
    defined: section.defined.map(definedMetric),
  };
}

function definedMetric({
  name,
  type = 'counter',
  value,
  labels = [],
  panel,
  ...others
}: AggregatorSection['defined'][number]): DefinedMetric {
  const { dashboard = 'Flow metrics', title = others.description ?? name!, unit } = panel ?? {};
  return {
    name: name!,
    type,
    value: value!,
    labels: [...new Set(labels)],
    ...given(others),
    ...(panel === undefined ? {} : { panel: { dashboard, title, ...given({ unit }) } }),
  };
}

function listenSettings(
  listen: { host: string; port: number } | undefined,
  byDefault: { host: string; port: number },
): MetricsListen {
  return { ...(listen ?? byDefault), isAskedFor: listen !== undefined };
}

/** OTLP over HTTP has a path of its own for metrics; a receiver's address alone means that. */
function endpointOf(url: URL, protocol: string): string {
  return protocol === 'http/protobuf' && url.pathname === '/' ? new URL('/v1/metrics', url).href : url.href;
}

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Without the keys that have no value. */
function given<T extends object>(values: T): Given<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Given<T>;
}
