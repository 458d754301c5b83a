import { linkMetrics } from './link-metrics.ts';
import type { ProcessMetric } from './process-metric.ts';

const ledger = ['component', 'unit'] as const;
const origin = ['exporter', 'domain'] as const;

/**
 * The one table of process metrics, by Prometheus name: the metrics, their tests and their documents derive
 * from it.
 */
export const processMetrics = {
  weir_build_info: {
    type: 'gauge',
    unit: '',
    labels: ['version', 'component'],
    description: 'always 1; the labels tell which program this is',
    of: 'every',
  },
  process_start_time_seconds: {
    type: 'gauge',
    unit: 's',
    labels: [],
    description: 'when the process started, since 1970',
    of: 'every',
  },
  process_cpu_seconds_total: {
    type: 'counter',
    unit: 's',
    labels: [],
    description: 'time that the process has used of all processors, its threads included',
    of: 'every',
    otelName: 'process.cpu.time',
  },
  process_resident_memory_bytes: {
    type: 'gauge',
    unit: 'By',
    labels: [],
    description: 'memory that the process has',
    of: 'every',
    otelName: 'process.memory.usage',
  },
  process_open_fds: {
    type: 'gauge',
    unit: '{file_descriptor}',
    labels: [],
    description: 'file descriptors that are open',
    of: 'every',
    otelName: 'process.unix.file_descriptor.count',
  },
  process_max_fds: {
    type: 'gauge',
    unit: '{file_descriptor}',
    labels: [],
    description: 'file descriptors that may be open',
    of: 'every',
  },
  weir_event_loop_delay_p50_seconds: {
    type: 'gauge',
    unit: 's',
    labels: [],
    description: 'by so much the main thread is late for half of its timers, over the last minute',
    of: 'every',
    otelName: 'nodejs.eventloop.delay.p50',
  },
  weir_event_loop_delay_p99_seconds: {
    type: 'gauge',
    unit: 's',
    labels: [],
    description:
      'by so much or more the main thread is late for a hundredth of its timers, over the last minute',
    of: 'every',
    otelName: 'nodejs.eventloop.delay.p99',
  },

  weir_ledger_received_total: {
    type: 'counter',
    unit: '',
    labels: ledger,
    description: 'things that a component took in; unit says which',
    of: 'every',
  },
  weir_ledger_sent_total: {
    type: 'counter',
    unit: '',
    labels: ledger,
    description: 'things that a component handed on',
    of: 'every',
  },
  weir_ledger_dropped_total: {
    type: 'counter',
    unit: '',
    labels: [...ledger, 'reason'],
    description: 'things that a component dropped',
    of: 'every',
  },
  weir_ledger_held: {
    type: 'gauge',
    unit: '',
    labels: ledger,
    description: 'things that a component has in hand',
    of: 'every',
  },
  weir_ledger_events_total: {
    type: 'counter',
    unit: '{event}',
    labels: [...ledger, 'event'],
    description: 'what a component noticed that lost nothing countable, or an unknown number',
    of: 'every',
  },
  weir_ledger_difference: {
    type: 'gauge',
    unit: '',
    labels: ledger,
    description: 'received less sent, dropped and held: 0 when the books close',
    of: 'every',
  },

  weir_otlp_exports_total: {
    type: 'counter',
    unit: '{export}',
    labels: ['target', 'result'],
    description:
      'requests to a receiver of OTLP: success, partial (it stored some of the points), throttled, rejected, unreachable, timeout or failed',
    of: 'every',
  },
  weir_otlp_rejected_points_total: {
    type: 'counter',
    unit: '{point}',
    labels: ['target'],
    description: 'points that a receiver of OTLP refused out of requests that it otherwise took',
    of: 'every',
  },
  weir_otlp_export_duration_seconds: {
    type: 'histogram',
    unit: 's',
    labels: ['target'],
    description: 'time that a request to a receiver of OTLP took, repetitions included',
    of: 'every',
  },
  weir_metrics_scrapes_total: {
    type: 'counter',
    unit: '{scrape}',
    labels: ['result'],
    description:
      'scrapes of metrics: sent, left by the client, or cut off because the client read too slowly',
    of: 'every',
  },

  weir_aggregator_flows: {
    type: 'gauge',
    unit: '{flow}',
    labels: [],
    description: 'flows in the table',
    of: 'aggregator',
  },
  weir_aggregator_flow_memory_bytes: {
    type: 'gauge',
    unit: 'By',
    labels: [],
    description: 'memory that the flows take: rows, index and names',
    of: 'aggregator',
  },
  weir_collector_sessions: {
    type: 'gauge',
    unit: '{session}',
    labels: [],
    description: 'transport sessions of exporters that are open',
    of: 'aggregator',
  },
  weir_collector_exporter_last_record_timestamp_seconds: {
    type: 'gauge',
    unit: 's',
    labels: origin,
    description: 'when the last record of an exporter came, since 1970',
    of: 'aggregator',
  },
  weir_collector_lost_records_total: {
    type: 'counter',
    unit: '{record}',
    labels: origin,
    description: 'records that an exporter sent and that did not come, by its sequence numbers',
    of: 'aggregator',
  },
  weir_collector_decode_errors_total: {
    type: 'counter',
    unit: '{error}',
    labels: ['exporter', 'reason'],
    description: 'what came from an exporter and could not be read',
    of: 'aggregator',
  },
  weir_sink_queue_records: {
    type: 'gauge',
    unit: '{record}',
    labels: ['sink'],
    description: 'records that wait for a sink; a batch counts as 32 at least',
    of: 'aggregator',
  },
  weir_sink_queue_limit: {
    type: 'gauge',
    unit: '{record}',
    labels: ['sink'],
    description: 'records that may wait for a sink, beyond which they are dropped',
    of: 'aggregator',
  },
  weir_sink_up: {
    type: 'gauge',
    unit: '',
    labels: ['sink'],
    description: '1 when the last write to a sink succeeded, or none was needed yet, else 0',
    of: 'aggregator',
  },

  weir_metrics_series: {
    type: 'gauge',
    unit: '{series}',
    labels: ['grouping'],
    description: 'series that are shown for a grouping of flows, or for a user-defined metric',
    of: 'aggregator',
  },
  weir_metrics_series_limit: {
    type: 'gauge',
    unit: '{series}',
    labels: ['grouping'],
    description: 'series that may be shown, beyond which the smallest are summed into "other"',
    of: 'aggregator',
  },
  weir_metrics_folded_series_total: {
    type: 'counter',
    unit: '{series}',
    labels: ['grouping'],
    description: 'series that were summed into "other" for want of room',
    of: 'aggregator',
  },
  weir_metrics_expired_series_total: {
    type: 'counter',
    unit: '{series}',
    labels: ['grouping'],
    description:
      'series that are no longer shown because nothing came for too long, or bigger ones took their place',
    of: 'aggregator',
  },
  weir_metrics_expired_bytes_total: {
    type: 'counter',
    unit: 'By',
    labels: ['grouping'],
    description: 'octets that expired series had counted',
    of: 'aggregator',
  },
  weir_metrics_expired_packets_total: {
    type: 'counter',
    unit: '{packet}',
    labels: ['grouping'],
    description: 'packets that expired series had counted',
    of: 'aggregator',
  },
  weir_metrics_delay_seconds: {
    type: 'histogram',
    unit: 's',
    labels: [],
    description: 'from the last packet that a record tells of to its being counted',
    of: 'aggregator',
  },

  antrea_agent_conntrack_total_connection_count: {
    type: 'gauge',
    unit: '{connection}',
    labels: ['node'],
    description: 'connections that the kernel tracks',
    of: 'agent',
  },
  antrea_agent_conntrack_antrea_connection_count: {
    type: 'gauge',
    unit: '{connection}',
    labels: ['node'],
    description: 'connections, of those that the kernel tracks, that are kept to be exported',
    of: 'agent',
  },
  antrea_agent_conntrack_max_connection_count: {
    type: 'gauge',
    unit: '{connection}',
    labels: ['node'],
    description: 'connections that the kernel can track',
    of: 'agent',
  },
  antrea_agent_denied_connection_count: {
    type: 'gauge',
    unit: '{connection}',
    labels: ['node'],
    description: 'denied connections that are held',
    of: 'agent',
  },
  antrea_agent_flow_collector_reconnection_count: {
    type: 'gauge',
    unit: '{connection}',
    labels: ['node'],
    description: 'how often the collector had to be connected to again',
    of: 'agent',
  },
  antrea_agent_conntrack_poll_cycle_duration_seconds: {
    type: 'histogram',
    unit: 's',
    labels: ['node'],
    description: "time that reading the kernel's table took",
    of: 'agent',
  },
  weir_exporter_connections_begun_total: {
    type: 'counter',
    unit: '{connection}',
    labels: ['node'],
    description: 'connections that the kernel has begun since the agent started',
    of: 'agent',
  },
  weir_exporter_connections_never_seen_total: {
    type: 'counter',
    unit: '{connection}',
    labels: ['node'],
    description: 'connections that the kernel has begun and the agent has seen nothing of',
    of: 'agent',
  },
  weir_exporter_ip_packets_total: {
    type: 'counter',
    unit: '{packet}',
    labels: ['node'],
    description: 'IP packets that the host has delivered, forwarded or sent since the agent started',
    of: 'agent',
  },
  weir_exporter_counted_packets_total: {
    type: 'counter',
    unit: '{packet}',
    labels: ['node'],
    description:
      'packets that connection tracking has counted since the agent started, whatever filters leave out',
    of: 'agent',
  },
  weir_exporter_blind: {
    type: 'gauge',
    unit: '',
    labels: ['node', 'reason'],
    description: '1 while the agent may miss what happens on its host, for this reason, else 0',
    of: 'agent',
  },
  weir_exporter_collector_connected: {
    type: 'gauge',
    unit: '',
    labels: ['node'],
    description: '1 while records can leave for the collector, else 0',
    of: 'agent',
  },
  ...linkMetrics,
} as const satisfies Record<string, ProcessMetric>;

export type ProcessMetricName = keyof typeof processMetrics;

/** The OpenTelemetry name of a process metric. */
export function otelNameOf(name: ProcessMetricName): string {
  const { otelName }: ProcessMetric = processMetrics[name];
  return otelName ?? name.replace(/_total$/, '').replaceAll('_', '.');
}
