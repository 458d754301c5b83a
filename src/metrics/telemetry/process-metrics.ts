import { kubernetesMetrics } from './kubernetes-metrics.ts';
import { linkMetrics } from './link-metrics.ts';
import type { ProcessMetric } from './process-metric.ts';
import { sinkMetrics } from './sink-metrics.ts';

const ledger = ['component', 'unit'] as const;
const origin = ['exporter', 'domain', 'export_protocol'] as const;

/**
 * The one table of process metrics, by Prometheus name: the metrics, their tests and their documents derive
 * from it.
 */
export const processMetrics = {
  weir_build_info: {
    type: 'gauge',
    unit: '',
    labels: ['version', 'component'],
    description: 'always 1; the labels identify the program',
    of: 'every',
  },
  process_start_time_seconds: {
    type: 'gauge',
    unit: 's',
    labels: [],
    description: 'start time of the process, in seconds since 1970',
    of: 'every',
  },
  process_cpu_seconds_total: {
    type: 'counter',
    unit: 's',
    labels: [],
    description: 'CPU time of the process, including all threads',
    of: 'every',
    otelName: 'process.cpu.time',
  },
  process_resident_memory_bytes: {
    type: 'gauge',
    unit: 'By',
    labels: [],
    description: 'resident memory of the process',
    of: 'every',
    otelName: 'process.memory.usage',
  },
  process_open_fds: {
    type: 'gauge',
    unit: '{file_descriptor}',
    labels: [],
    description: 'open file descriptors',
    of: 'every',
    otelName: 'process.unix.file_descriptor.count',
  },
  process_max_fds: {
    type: 'gauge',
    unit: '{file_descriptor}',
    labels: [],
    description: 'maximum number of open file descriptors',
    of: 'every',
  },
  weir_event_loop_delay_p50_seconds: {
    type: 'gauge',
    unit: 's',
    labels: [],
    description: 'median event-loop delay over the last minute',
    of: 'every',
    otelName: 'nodejs.eventloop.delay.p50',
  },
  weir_event_loop_delay_p99_seconds: {
    type: 'gauge',
    unit: 's',
    labels: [],
    description: '99th percentile of the event-loop delay over the last minute',
    of: 'every',
    otelName: 'nodejs.eventloop.delay.p99',
  },

  weir_ledger_received_total: {
    type: 'counter',
    unit: '',
    labels: ledger,
    description: 'items that a component received; the label unit names them',
    of: 'every',
  },
  weir_ledger_sent_total: {
    type: 'counter',
    unit: '',
    labels: ledger,
    description: 'items that a component sent',
    of: 'every',
  },
  weir_ledger_dropped_total: {
    type: 'counter',
    unit: '',
    labels: [...ledger, 'reason'],
    description: 'items that a component dropped',
    of: 'every',
  },
  weir_ledger_held: {
    type: 'gauge',
    unit: '',
    labels: ledger,
    description: 'items that a component holds',
    of: 'every',
  },
  weir_ledger_events_total: {
    type: 'counter',
    unit: '{event}',
    labels: [...ledger, 'event'],
    description: 'events of a component that lost no item, or an unknown number',
    of: 'every',
  },
  weir_ledger_difference: {
    type: 'gauge',
    unit: '',
    labels: ledger,
    description: 'received minus sent, dropped and held: 0 when the ledger account closes',
    of: 'every',
  },

  weir_otlp_exports_total: {
    type: 'counter',
    unit: '{export}',
    labels: ['target', 'result'],
    description:
      'exports to an OTLP receiver: success, partial (it stored some of the points), throttled, rejected, unreachable, timeout or failed',
    of: 'every',
  },
  weir_otlp_rejected_points_total: {
    type: 'counter',
    unit: '{point}',
    labels: ['target'],
    description: 'points that an OTLP receiver rejected in exports that it otherwise accepted',
    of: 'every',
  },
  weir_otlp_export_duration_seconds: {
    type: 'histogram',
    unit: 's',
    labels: ['target'],
    description: 'duration of an export to an OTLP receiver, including retries',
    of: 'every',
  },
  weir_metrics_scrapes_total: {
    type: 'counter',
    unit: '{scrape}',
    labels: ['result'],
    description:
      'scrapes of metrics: sent, aborted by the client, or aborted because the client read too slowly',
    of: 'every',
  },
  ...kubernetesMetrics,

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
    description: 'memory of the flow table: rows, index and names',
    of: 'aggregator',
  },
  weir_collector_sessions: {
    type: 'gauge',
    unit: '{session}',
    labels: [],
    description: 'open transport sessions of exporters',
    of: 'aggregator',
  },
  weir_collector_exporter_last_record_timestamp_seconds: {
    type: 'gauge',
    unit: 's',
    labels: origin,
    description: 'arrival of the last record of an exporter, in seconds since 1970',
    of: 'aggregator',
  },
  weir_collector_lost_records_total: {
    type: 'counter',
    unit: '{record}',
    labels: origin,
    description:
      'records that an exporter sent but that did not arrive, from its sequence numbers; at least one for each message if it numbers messages',
    of: 'aggregator',
  },
  weir_collector_lost_messages_total: {
    type: 'counter',
    unit: '{message}',
    labels: origin,
    description:
      'messages that an exporter sent but that did not arrive, if it numbers messages, as NetFlow v9 and sFlow do',
    of: 'aggregator',
  },
  weir_collector_exporter_unsent_records_total: {
    type: 'counter',
    unit: '{record}',
    labels: origin,
    description: 'records that an exporter did not send, by its own reports since the first',
    of: 'aggregator',
  },
  weir_collector_exporter_ignored_packets_total: {
    type: 'counter',
    unit: '{packet}',
    labels: origin,
    description: 'packets that an exporter did not meter, by its own reports since the first',
    of: 'aggregator',
  },
  weir_collector_exporter_info: {
    type: 'gauge',
    unit: '',
    labels: ['exporter', 'domain', 'peer_name'],
    description: 'always 1; the name in the certificate of an exporter, over TLS or DTLS',
    of: 'aggregator',
  },
  weir_collector_certificate_expiry_timestamp_seconds: {
    type: 'gauge',
    unit: 's',
    labels: [],
    description: 'end of the certificate that exporters are shown, in seconds since 1970',
    of: 'aggregator',
  },
  weir_collector_decode_errors_total: {
    type: 'counter',
    unit: '{error}',
    labels: ['exporter', 'reason'],
    description: 'errors while decoding messages of an exporter',
    of: 'aggregator',
  },
  ...sinkMetrics,

  weir_metrics_series: {
    type: 'gauge',
    unit: '{series}',
    labels: ['grouping'],
    description: 'series of a grouping of flows, or of a user-defined metric',
    of: 'aggregator',
  },
  weir_metrics_series_limit: {
    type: 'gauge',
    unit: '{series}',
    labels: ['grouping'],
    description: 'maximum number of series; the series "other" contains those beyond, the smallest',
    of: 'aggregator',
  },
  weir_metrics_folded_series_total: {
    type: 'counter',
    unit: '{series}',
    labels: ['grouping'],
    description: 'series folded into "other" at the series limit',
    of: 'aggregator',
  },
  weir_metrics_expired_series_total: {
    type: 'counter',
    unit: '{series}',
    labels: ['grouping'],
    description: 'series removed because they were idle, or because bigger ones replaced them',
    of: 'aggregator',
  },
  weir_metrics_expired_bytes_total: {
    type: 'counter',
    unit: 'By',
    labels: ['grouping'],
    description: 'octets counted by expired series',
    of: 'aggregator',
  },
  weir_metrics_expired_packets_total: {
    type: 'counter',
    unit: '{packet}',
    labels: ['grouping'],
    description: 'packets counted by expired series',
    of: 'aggregator',
  },
  weir_metrics_delay_seconds: {
    type: 'histogram',
    unit: 's',
    labels: [],
    description: 'time from the last packet of a record until it is counted',
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
    description: 'tracked connections that the agent exports',
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
    description: "denied flows in the agent's table",
    of: 'agent',
  },
  antrea_agent_flow_collector_reconnection_count: {
    type: 'gauge',
    unit: '{connection}',
    labels: ['node'],
    description: 'reconnections to the collector',
    of: 'agent',
  },
  antrea_agent_conntrack_poll_cycle_duration_seconds: {
    type: 'histogram',
    unit: 's',
    labels: ['node'],
    description: "duration of reading the kernel's connection table",
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
    description: 'connections that the kernel has begun but that the agent has not seen',
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
      'packets that connection tracking has counted since the agent started, including those that filters leave out',
    of: 'agent',
  },
  weir_exporter_entered_bytes_total: {
    type: 'counter',
    unit: 'By',
    labels: ['node'],
    description:
      'octets, from the IP header on, that entered the host through its interfaces since the agent started',
    of: 'agent',
  },
  weir_exporter_ip_received_bytes_total: {
    type: 'counter',
    unit: 'By',
    labels: ['node'],
    description:
      'octets that IP received from interfaces since the agent started; the rest passed below IP, where nothing is tracked',
    of: 'agent',
  },
  weir_exporter_blind: {
    type: 'gauge',
    unit: '',
    labels: ['node', 'reason'],
    description: '1 while the agent may miss connections on its host, for this reason, else 0',
    of: 'agent',
  },
  weir_exporter_collector_connected: {
    type: 'gauge',
    unit: '',
    labels: ['node'],
    description: '1 while the agent is connected to its collector, else 0',
    of: 'agent',
  },
  weir_exporter_certificate_expiry_timestamp_seconds: {
    type: 'gauge',
    unit: 's',
    labels: ['node'],
    description: 'end of the certificate that the agent shows its collector, in seconds since 1970',
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
