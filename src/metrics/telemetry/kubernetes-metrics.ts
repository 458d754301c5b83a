import type { ProcessMetric } from './process-metric.ts';

const kind = ['kind'] as const;

/** The metrics of what a process follows at the API server of Kubernetes, by Prometheus name. */
export const kubernetesMetrics = {
  weir_kubernetes_objects: {
    type: 'gauge',
    unit: '{object}',
    labels: kind,
    description: 'objects of Kubernetes that the process knows; kind="remembered pods" are deleted ones',
    of: 'every',
  },
  weir_kubernetes_objects_left_out: {
    type: 'gauge',
    unit: '{object}',
    labels: kind,
    description:
      'objects for which there was no room within kubernetes.maxObjectOctets, of the last full list and since',
    of: 'every',
  },
  weir_kubernetes_stale_seconds: {
    type: 'gauge',
    unit: 's',
    labels: kind,
    description: 'for how long changes may have been missing; 0 while the watch of the kind is heard',
    of: 'every',
  },
  weir_kubernetes_synced: {
    type: 'gauge',
    unit: '',
    labels: kind,
    description: '1 once the process has had all objects of the kind, else 0',
    of: 'every',
  },
} as const satisfies Record<string, ProcessMetric>;
