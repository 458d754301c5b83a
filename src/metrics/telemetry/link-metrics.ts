import type { ProcessMetric } from './process-metric.ts';

const link = ['node', 'link', 'direction'] as const;

/** The metrics of an agent's network interfaces, by Prometheus name. */
export const linkMetrics = {
  weir_exporter_link_bytes_total: {
    type: 'counter',
    unit: 'By',
    labels: link,
    description:
      'octets over a network interface since its creation; link="other links" is the sum of interfaces without series of their own',
    of: 'agent',
  },
  weir_exporter_link_packets_total: {
    type: 'counter',
    unit: '{packet}',
    labels: link,
    description: 'packets over a network interface',
    of: 'agent',
  },
  weir_exporter_link_dropped_packets_total: {
    type: 'counter',
    unit: '{packet}',
    labels: link,
    description: 'packets that a network interface dropped',
    of: 'agent',
  },
  weir_exporter_link_errors_total: {
    type: 'counter',
    unit: '{error}',
    labels: link,
    description: 'errors of a network interface',
    of: 'agent',
  },
  weir_exporter_link_capacity_bytes_per_second: {
    type: 'gauge',
    unit: 'By/s',
    labels: ['node', 'link'],
    description: 'capacity of a network interface in each direction, as configured or as the system reports',
    of: 'agent',
    // The conversion to a Prometheus name adds the unit.
    otelName: 'weir.exporter.link.capacity',
  },
  weir_exporter_links: {
    type: 'gauge',
    unit: '',
    labels: ['node', 'told'],
    description:
      'network interfaces: told="own" have series of their own; link="other links" contains those "summed" and "beyond limit" (weir.links.limit)',
    of: 'agent',
  },
} as const satisfies Record<string, ProcessMetric>;
