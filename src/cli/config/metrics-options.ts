import { parseAddressRange } from '../../flow/index.ts';
import { tokenFile } from '../../http/index.ts';
import {
  type DefinedMetric,
  type DefinedValue,
  definedValues,
  flowSeriesOptions,
  groupingNames,
  type LabelName,
  labels,
  measureOf,
  measuresOf,
  otlpOptions,
} from '../../metrics/index.ts';
import {
  choiceOption,
  customOption,
  formatHostPort,
  mapOption,
  nameListOption,
  type Objection,
  type OwnKind,
  optionalSection,
  optionSection,
  optionSectionList,
  readHostPort,
  requiredOption,
  textOption,
} from '../../runtime/index.ts';
import { filterOption } from './filter-option.ts';

/*
 * The section `weir.metrics` of both files: where metrics are read, where they are sent, and which flows the
 * aggregator counts in them.
 */

export interface MetricsListen {
  readonly host: string;
  readonly port: number;
  /** Whether the file sets this address: then a failure to listen stops the start. */
  readonly isAskedFor: boolean;
}

/** The default address of /metrics. */
const defaultMetricsListen = {
  aggregator: { host: '127.0.0.1', port: 9464 },
  agent: { host: '127.0.0.1', port: 9465 },
} as const;

const listenOption = (program: keyof typeof defaultMetricsListen) => {
  const { host, port } = defaultMetricsListen[program];
  return customOption<
    MetricsListen | 'off',
    OwnKind<MetricsListen | 'off'> & { readonly default: MetricsListen }
  >(
    {
      description:
        'address that serves /metrics, /healthz and /readyz to everybody who reaches it; if another program uses the default address, Weir starts without it',
      value: `"off", or an address and port such as "0.0.0.0:${port}"`,
      default: { host, port, isAskedFor: false },
      json: { type: 'string' },
      write: (address) => (address === 'off' ? address : formatHostPort(address)),
    },
    (found) => {
      if (found === 'off') return found;
      const address = typeof found === 'string' ? readHostPort(found) : undefined;
      return address === undefined ? undefined : { ...address, isAskedFor: true };
    },
  );
};

const instanceOption = (byDefault: string) =>
  textOption({
    description: 'identity of this process for OTLP receivers (service.instance.id); must be unique',
    value: 'a text',
    derived: byDefault,
  });

export const agentMetrics = optionSection('Metrics for Prometheus and OTLP receivers.', {
  listen: listenOption('agent'),
  tokenFile,
  instance: instanceOption('nodeName'),
  otlp: otlpOptions,
});

const metricName = /^[a-z][a-z0-9_]*$/;
const labelNames = Object.keys(labels) as LabelName[];
const valueNames = Object.keys(definedValues) as DefinedValue[];
const valuesOf = (type: DefinedMetric['type']) =>
  valueNames.filter((value) => definedValues[value].type === type).join(', ');

const defined = optionSectionList(
  'Flow metrics that you define.',
  {
    name: requiredOption(
      customOption(
        {
          description:
            'the metric is weir_flow_NAME; Weir appends the unit and _total where they are missing',
          value: 'a name of lower-case letters, digits and _ that begins with a letter',
          json: { type: 'string', pattern: metricName.source },
        },
        (found) => (typeof found === 'string' && metricName.test(found) ? found : undefined),
      ),
    ),
    type: choiceOption(['counter', 'histogram'], {
      description: 'a sum, or a distribution of flows',
      default: 'counter',
    }),
    value: requiredOption(
      choiceOption(valueNames, {
        description: `${valuesOf('counter')} for a counter, ${valuesOf('histogram')} for a histogram`,
      }),
    ),
    filter: filterOption('only flows that pass this filter'),
    labels: nameListOption(labelNames, {
      description: 'what it is split by, none for one series; the labels are those of the groupings',
      value: `a list of ${labelNames.join(', ')}`,
      default: [],
    }),
    buckets: customOption(
      {
        description: 'upper bounds of a histogram, in seconds or octets',
        value: 'a list of rising numbers above 0',
        derived: 'bounds that fit the value',
        json: { type: 'array', items: { type: 'number', exclusiveMinimum: 0 }, minItems: 1 },
      },
      readBuckets,
    ),
    description: textOption({ description: 'help text of the metric', value: 'a sentence' }),
    panel: optionalSection(
      optionSection('Panel in a dashboard.', {
        dashboard: textOption({
          description: 'the dashboard that shows it',
          value: 'a name',
          default: 'Flow metrics',
        }),
        title: textOption({
          description: 'title of the panel',
          value: 'a text',
          derived: "the description, or the metric's name",
        }),
        unit: textOption({ description: "Grafana's name of the axis's unit", value: 'a unit such as "Bps"' }),
      }),
    ),
  },
  objectionToDefined,
);

export const aggregatorMetrics = optionSection('Metrics for Prometheus and OTLP receivers.', {
  listen: listenOption('aggregator'),
  tokenFile,
  instance: instanceOption("the host's name and the port of weir.http.listen, such as gate:10349"),
  groupings: flowSeriesOptions.groupings,
  seriesLimit: flowSeriesOptions.seriesLimit,
  seriesIdleTimeout: flowSeriesOptions.idleMs,
  ranges: mapOption(
    {
      description:
        'names of external address ranges, with their networks; the longest prefix names an address',
      value: 'a map of names to lists of CIDRs, such as { office: ["10.1.0.0/16"] }',
      derived: 'loopback, link-local, multicast, private, cgnat, internet',
      json: { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' }, minItems: 1 }] },
    },
    'a list of CIDRs, such as ["10.1.0.0/16"]',
    readNetworks,
  ),
  zones: mapOption(
    {
      description: 'the zone of each node, for the grouping zone',
      value: 'a map of names of nodes to zones, such as { node-1: zone-a }',
      default: {} as Readonly<Record<string, string>>,
      json: { type: 'string', minLength: 1 },
    },
    'the name of a zone',
    (found) => (typeof found === 'string' && found !== '' ? found : undefined),
  ),
  otlp: otlpOptions,
  defined,
});

function readNetworks(found: unknown): string[] | undefined {
  const networks = [found].flat();
  const areNetworks = networks.every(
    (network) => typeof network === 'string' && parseAddressRange(network) !== undefined,
  );
  return networks.length > 0 && areNetworks ? (networks as string[]) : undefined;
}

function readBuckets(found: unknown): number[] | undefined {
  if (!Array.isArray(found) || found.length === 0) return undefined;
  const rise = found.every(
    (bound, i) => typeof bound === 'number' && Number.isFinite(bound) && bound > (i === 0 ? 0 : found[i - 1]),
  );
  return rise ? found : undefined;
}

/** A metric of the file. */
type Given = Pick<DefinedMetric, 'name' | 'type' | 'value'> & { readonly buckets: unknown };

function objectionToDefined(
  { name, type, value, buckets }: Given,
  earlier: readonly Given[],
): Objection | undefined {
  if (definedValues[value].type !== type) {
    return { key: 'value', expected: `one of ${valuesOf(type)} for a ${type}` };
  }
  if (type === 'counter' && buckets !== undefined) {
    return { key: 'buckets', expected: 'no buckets for a counter' };
  }
  if (earlier.some((other) => other.name === name)) {
    return { key: 'name', expected: 'a name that no metric before it has' };
  }
  const family = familyOf({ name, type, value, buckets });
  const others = [...groupingFamilies, ...earlier.map(familyOf)];
  return others.includes(family)
    ? { key: 'name', expected: `a name other than that of ${family}, which there is already` }
    : undefined;
}

/** The name of a metric family: without _total for a counter, as in OpenMetrics. */
const familyOf = ({ name, type, value }: Given): string =>
  withoutTotal(measureOf({ name, type, value, labels: [] }).name);
const withoutTotal = (name: string): string => name.replace(/_total$/, '');
const groupingFamilies = groupingNames.flatMap(measuresOf).map(({ name }) => withoutTotal(name));
