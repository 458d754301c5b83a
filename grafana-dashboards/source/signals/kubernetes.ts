import { type Signal, units } from '../signal.ts';
import { own } from './process-matchers.ts';

/* What Weir follows at the API server of Kubernetes. Without a cluster these are empty. */

export const stale: Signal = {
  title: 'Names may be out of date for',
  description:
    'The longest time of all processes without changes from the API server, by job and kind of object. 0 while they are heard.',
  unit: units.seconds,
  lines: [
    {
      promql: `max by (job, kind) (weir_kubernetes_stale_seconds{${own}})`,
      legend: '{{kind}} in {{job}}',
    },
  ],
};

export const synced: Signal = {
  title: 'Kinds that every process knows',
  description: 'Whether each process has had all objects of a kind once. Until then some names are missing.',
  unit: units.state,
  lines: [
    {
      promql: `min by (job, kind) (weir_kubernetes_synced{${own}})`,
      legend: '{{kind}} in {{job}}',
    },
  ],
};

export const objects: Signal = {
  title: 'Objects that names come from',
  description:
    'The most of any process, by job and kind. An agent knows the Pods of its own node, the aggregator those of the cluster. Objects left out had no room in memory.',
  unit: units.count,
  lines: [
    {
      promql: `max by (job, kind) (weir_kubernetes_objects{${own}})`,
      legend: '{{kind}} in {{job}}',
    },
    {
      promql: `max by (job, kind) (weir_kubernetes_objects_left_out{${own}})`,
      legend: '{{kind}} left out in {{job}}',
    },
  ],
};
