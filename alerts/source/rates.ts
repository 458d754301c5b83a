/**
 * Recording rules that alerts and dashboards share: the traffic of each workload, Service, node and the
 * cluster now, in octets a second, `<level>:weir_flow_bytes:rate5m`. The labels `instance` and `job` are
 * summed away, so that a series continues when the aggregator returns as another instance.
 */
import { type Group, makeRecording, type Recording } from './rule.ts';

/** A level whose objects can be quiet or full: workload, Service, node, cluster. */
export interface Level {
  readonly name: 'workload' | 'service' | 'node' | 'cluster';
  /** The labels of its series. */
  readonly labels: readonly string[];
  /** The name of one in alerts. */
  readonly title: string;
}

export const levels = {
  workload: {
    name: 'workload',
    labels: ['cluster', 'namespace', 'workload', 'kind'],
    title: 'workload {{ with $labels.namespace }}{{ . }}/{{ end }}{{ $labels.workload }}',
  },
  service: {
    name: 'service',
    labels: ['cluster', 'namespace', 'service'],
    title: 'Service {{ $labels.namespace }}/{{ $labels.service }}',
  },
  node: { name: 'node', labels: ['cluster', 'node'], title: 'node {{ $labels.node }}' },
  cluster: {
    name: 'cluster',
    labels: ['cluster'],
    title: 'cluster{{ with $labels.cluster }} {{ . }}{{ end }}',
  },
} as const satisfies Record<string, Level>;

/** Sums by labels, and renames them: `{ source_namespace: 'namespace' }`. */
export function sumRenamed(names: Readonly<Record<string, string>>, expr: string): string {
  const summed = `sum by (cluster, ${Object.keys(names).join(', ')}) (${expr})`;
  const renamed = Object.entries(names).reduce(
    (inner, [from, to]) => `label_replace(${inner}, "${to}", "$1", "${from}", "(.*)")`,
    summed,
  );
  return `sum by (cluster, ${Object.values(names).join(', ')}) (${renamed})`;
}

/** Renames the labels of one end of a workload pair to those of a single workload. */
export const workloadOf = (end: 'source' | 'destination') => ({
  [`${end}_namespace`]: 'namespace',
  [`${end}_workload`]: 'workload',
  [`${end}_kind`]: 'kind',
});

const seen = { source: 'transmit', destination: 'receive' } as const;
const ends = ['source', 'destination'] as const;

function workloadRate(end: 'source' | 'destination'): Recording {
  return makeRecording(
    `workload:weir_flow_${seen[end]}_bytes:rate5m`,
    sumRenamed(workloadOf(end), `rate(weir_flow_workload_bytes_total{${end}_kind=~"Pod|Node"}[5m])`),
  );
}

function nodeRate(end: 'source' | 'destination'): Recording {
  return makeRecording(
    `node:weir_flow_${seen[end]}_bytes:rate5m`,
    sumRenamed({ [`${end}_node`]: 'node' }, `rate(weir_flow_node_bytes_total{${end}_node!~"|other"}[5m])`),
  );
}

const bothWays = ({ name, labels }: Level): Recording =>
  makeRecording(
    `${name}:weir_flow_bytes:rate5m`,
    `sum by (${labels.join(', ')}) ({__name__=~"${name}:weir_flow_(transmit|receive)_bytes:rate5m"})`,
  );

export const rates: Group = {
  name: 'weir-rates',
  interval: '1m',
  rules: [
    ...ends.map(workloadRate),
    bothWays(levels.workload),
    makeRecording(
      'namespace:weir_flow_bytes:rate5m',
      'sum by (cluster, namespace) (workload:weir_flow_bytes:rate5m)',
    ),
    ...ends.map(nodeRate),
    bothWays(levels.node),
    makeRecording(
      'service:weir_flow_bytes:rate5m',
      sumRenamed(
        { service_namespace: 'namespace', service_name: 'service' },
        'rate(weir_flow_service_bytes_total{service_kind="Service"}[5m])',
      ),
    ),
    makeRecording(
      'cluster:weir_flow_bytes:rate5m',
      'sum by (cluster) (rate(weir_flow_workload_bytes_total[5m]))',
    ),
  ],
};
