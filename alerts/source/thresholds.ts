/**
 * Thresholds as series. Each is `weir:threshold:<name>:<unit>`: without labels for all objects, with
 * `profile` for objects with that profile. Rules of the user add series with `namespace` or `node` for one
 * object. Alerts compare with the threshold of each object, `<by>:weir_threshold_<name>:<unit>`, or with the
 * common one when a threshold is not by object.
 */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { type Group, makeRecording, type Recording } from './rule.ts';

export interface Threshold {
  readonly value: number;
  /** The suffix of the series' name. */
  readonly unit: string;
  /** The label of the objects that may each have their own value. */
  readonly by?: 'namespace' | 'node';
  readonly reason: string;
  /** Values for objects whose label `weir-alerts` has this value. */
  readonly profiles?: Readonly<Record<string, number>>;
}

/** A value in the expression of a rule over lines. */
export interface LogValue {
  readonly value: number | string | readonly string[];
  readonly unit: 'count' | 'duration' | 'names';
  readonly reason: string;
}

export interface Values {
  /** Address of the runbook pages, with a slash at the end. */
  readonly runbooks: string;
  readonly thresholds: Readonly<Record<string, Threshold>>;
  readonly logs: Readonly<Record<string, LogValue>>;
}

export const values: Values = parse(readFileSync(new URL('./values.yaml', import.meta.url), 'utf8'));

const seriesOf = (name: string, { unit }: Threshold): string => `weir:threshold:${name}:${unit}`;
const ownSeriesOf = (name: string, { unit, by }: Threshold): string => `${by}:weir_threshold_${name}:${unit}`;

/**
 * The right side of a comparison with a threshold, for a left side of many series: `rate >=
 * ${threshold('quiet_floor')}`.
 * @param label the name of namespace or node on the left side
 * @throws {TypeError} with the threshold that values.yaml lacks
 */
export function thresholdOf(name: string, label?: string): string {
  const one = values.thresholds[name];
  if (one === undefined) throw new TypeError(`alerts/source/values.yaml has no threshold "${name}"`);
  if (one.by === undefined) return `on () group_left () ${seriesOf(name, one)}`;
  if (label === undefined) return `on (${one.by}) group_left () ${ownSeriesOf(name, one)}`;
  const renamed = `label_replace(${ownSeriesOf(name, one)}, "${label}", "$1", "${one.by}", "(.*)")`;
  return `on (${label}) group_left () ${renamed}`;
}

/** The common value, even of a threshold that objects may have individually. */
export function commonThreshold(name: string): string {
  const one = values.thresholds[name];
  if (one === undefined) throw new TypeError(`alerts/source/values.yaml has no threshold "${name}"`);
  return `on () group_left () ${seriesOf(name, one)}{namespace="",node="",profile=""}`;
}

export function thresholdGroups(): Group[] {
  const all = Object.entries(values.thresholds);
  return [
    {
      name: 'weir-thresholds',
      interval: '1m',
      rules: all.flatMap(([name, one]) => commonRecordings(name, one)),
    },
    {
      name: 'weir-thresholds-by-object',
      interval: '1m',
      rules: [...knownObjects, ...all.flatMap(([name, one]) => byObject(name, one))],
    },
  ];
}

function commonRecordings(name: string, one: Threshold): Recording[] {
  const series = seriesOf(name, one);
  const profiles: Record<string, number> =
    one.by === undefined ? {} : { ...one.profiles, off: Number.POSITIVE_INFINITY };
  return [
    makeRecording(series, literalOf(one.value)),
    ...Object.entries(profiles).map(([profile, value]) => ({
      ...makeRecording(series, literalOf(value)),
      labels: { profile },
    })),
  ];
}

const literalOf = (value: number): string =>
  `vector(${value === Number.POSITIVE_INFINITY ? '+Inf' : String(value)})`;

/**
 * Objects seen within a day, so that a threshold outlives the series that it is compared with. Nodes and
 * address ranges have an empty namespace, which counts as one.
 */
const knownObjects: Recording[] = [
  makeRecording(
    'namespace:weir_known:info',
    `${knownSeries('namespace', '{__name__=~"(namespace|service):weir_flow_bytes:rate5m"}')} or vector(1)`,
  ),
  makeRecording(
    'node:weir_known:info',
    knownSeries('node', '{__name__=~"instance:weir_agent:info|node:weir_flow_bytes:rate5m"}'),
  ),
  makeRecording('namespace:weir_profile:info', profileSeries('namespace', 'kube_namespace_labels')),
  makeRecording('node:weir_profile:info', profileSeries('node', 'kube_node_labels')),
];

function knownSeries(label: string, series: string): string {
  return `group by (${label}) (${series}) or group by (${label}) (last_over_time((group by (${label}) (${series}))[1d:1h]))`;
}

function profileSeries(label: string, series: string): string {
  const labelled = `${series}{label_weir_alerts!=""}`;
  return `group by (${label}, profile) (label_replace(${labelled}, "profile", "$1", "label_weir_alerts", "(.*)"))`;
}

function byObject(name: string, one: Threshold): Recording[] {
  const { by } = one;
  if (by === undefined) return [];
  const series = seriesOf(name, one);
  return [
    makeRecording(
      ownSeriesOf(name, one),
      `max by (${by}) (${series}{${by}!=""})
or
max by (${by}) (${by}:weir_profile:info * on (profile) group_left () ${series}{profile!=""})
or
${by}:weir_known:info * on () group_left () ${series}{namespace="",node="",profile=""}`,
    ),
  ];
}
