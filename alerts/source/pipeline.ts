/**
 * Weir itself is blind, or does not deliver. While any such reason holds, and for half an hour after, no
 * quiet alert fires: `pipeline:weir_blind:info` has the reasons.
 */

import { removedSeries } from './excuses.ts';
import { growthOf } from './grown.ts';
import { type Alert, type AlertText, type Group, makeAlert, makeRecording, type Recording } from './rule.ts';
import { thresholdOf } from './thresholds.ts';

const heard = 'exporter:weir_last_record:timestamp_seconds';
const age = `time() - ${heard}`;

const sumGrown = (by: string, counter: string, during: '15m' | '1h' = '15m'): string =>
  `sum by (${by}) (
  ${growthOf(counter, during)}
)`;

const cannotSee =
  'weir_exporter_blind{reason=~"namespace gone|tracking gone|kernel silent|tracking bypassed|reader ended"}';

/** Each by cluster; a reason without the label concerns all clusters. */
const blindness: Record<string, string> = {
  // two failed scrapes in a row: rates bridge a single one
  'aggregator away': `absent(up{job="weir-aggregator"} == 1) and on () absent(up{job="weir-aggregator"} offset 1m == 1)
or max by (cluster) (up{job="weir-aggregator"}) == 0 and max by (cluster) (up{job="weir-aggregator"} offset 1m) == 0`,
  'no records': `min by (cluster) (${age}) >= scalar(weir:threshold:exporter_silent:seconds)`,
  'exporter silent': `(${age}) >= scalar(weir:threshold:exporter_silent:seconds) < scalar(weir:threshold:exporter_forgotten:seconds)`,
  'records lost':
    'exporter:weir_collector_lost_records:share15m >= scalar(weir:threshold:lost_records_share:ratio) and exporter:weir_collector_lost_records:increase15m >= scalar(weir:threshold:lost_records_floor:count)',
  // as long as a silent exporter: afterwards, traffic that it does not see counts as missing
  'agent blind': `max_over_time(${cannotSee}[5m]) == 1 unless max_over_time(${cannotSee}[5m] offset 2h) == 1`,
  'series folded': `${sumGrown('cluster, grouping', 'weir_metrics_folded_series_total', '1h')} > 0`,
  'no data before': 'cluster:weir_flow_bytes:rate5m unless cluster:weir_flow_bytes:rate5m offset 10m',
};

/** For an alert about flows. Blindness in one cluster says nothing about another. */
export const unlessBlind = `unless on () last_over_time(pipeline:weir_blind:info{cluster=""}[30m])
unless on (cluster) last_over_time(pipeline:weir_blind:info{cluster!=""}[30m])`;

const records: Recording[] = [
  makeRecording(
    heard,
    `max by (cluster, exporter) (last_over_time(weir_collector_exporter_last_record_timestamp_seconds[1d]))
unless on (exporter) label_replace(${removedSeries('kube_node_info')}, "exporter", "$1", "internal_ip", "(.+)")`,
  ),
  makeRecording(
    'exporter:weir_collector_lost_records:increase15m',
    sumGrown('cluster, exporter', 'weir_collector_lost_records_total'),
  ),
  makeRecording(
    'exporter:weir_collector_lost_records:share15m',
    `exporter:weir_collector_lost_records:increase15m
/ on () group_left ()
(sum(increase(weir_ledger_received_total{component="ipfix in",unit="records"}[15m])) > 0)`,
  ),
];

const blind: Recording[] = Object.entries(blindness).map(([reason, expr]) => ({
  ...makeRecording('pipeline:weir_blind:info', `group by (cluster) (${expr})`),
  labels: { reason },
}));

const pipelineAlert = (name: string, text: Omit<AlertText, 'subject'>): Alert =>
  makeAlert(name, { subject: 'pipeline', ...text });

/**
 * Drops by decision, not losses: filtered records, records that a policy allowed, duplicates, and records
 * that a slow HTTP reader missed.
 */
const decided =
  'allowed|not IP|not a flow|protocol filter|loopback|duplicate|metered twice|late|window full|read too slowly|client left';

const seeing: Alert[] = [
  pipelineAlert('WeirAggregatorAbsent', {
    severity: 'critical',
    for: '5m',
    expr: `absent(up{job="weir-aggregator"} == 1)
and on () (group(up{job="weir-agent"}) or group(last_over_time(cluster:weir_flow_bytes:rate5m[1d:1h])))`,
    summary: 'No aggregator answers: there are no flow metrics, logs or alerts.',
    description:
      'No aggregator has answered for five minutes, although agents answer or flows existed within a day.',
  }),
  pipelineAlert('WeirAggregatorDown', {
    severity: 'warning',
    for: '5m',
    // and there is still a target: one that disappeared after a failed scrape is not down
    expr: 'max_over_time(up{job="weir-aggregator"}[5m]) == 0 and up{job="weir-aggregator"} == 0',
    summary: 'An aggregator does not answer.',
    description: 'The aggregator {{ $labels.instance }} has not answered a scrape for ten minutes.',
  }),
  pipelineAlert('WeirAgentDown', {
    severity: 'warning',
    for: '5m',
    // and there is still a target: one that disappeared after a failed scrape is not down
    expr: 'max_over_time(up{job="weir-agent"}[5m]) == 0 and up{job="weir-agent"} == 0',
    summary: "A node's agent does not answer.",
    description: 'The agent {{ $labels.instance }} has not answered a scrape for ten minutes.',
  }),
  pipelineAlert('WeirAgentAbsent', {
    severity: 'warning',
    for: '10m',
    expr: `group by (cluster, node) (last_over_time(instance:weir_agent:info[1d:1h]) unless on (instance) up{job="weir-agent"})
unless on (cluster, node) instance:weir_agent:info
unless on (node) node:weir_removed:info`,
    summary: 'A node has lost its agent.',
    description:
      'Node {{ $labels.node }} had an agent within the last day. Now Prometheus has no target for it.',
  }),
  pipelineAlert('WeirAgentDisconnected', {
    severity: 'warning',
    for: '5m',
    expr: 'max_over_time(weir_exporter_collector_connected[5m]) == 0',
    summary: 'An agent has no connection to its collector.',
    description:
      'The agent of node {{ $labels.node }} ({{ $labels.instance }}) has not been connected to its collector for ten minutes.',
  }),
  pipelineAlert('WeirAgentBlind', {
    severity: 'warning',
    for: '2m',
    expr: 'min_over_time(weir_exporter_blind[2m]) == 1',
    summary: 'An agent may miss connections on its host.',
    description:
      'The agent of node {{ $labels.node }} ({{ $labels.instance }}) has been blind for four minutes: {{ $labels.reason }}.',
  }),
  pipelineAlert('WeirExporterSilent', {
    severity: 'warning',
    for: '1m',
    keepFiringFor: '5m',
    expr: `${age} >= ${thresholdOf('exporter_silent')}`,
    summary: 'An exporter has stopped sending records.',
    description:
      'The last record of the exporter {{ $labels.exporter }} came {{ $value | humanizeDuration }} ago.',
  }),
  pipelineAlert('WeirNoRecords', {
    severity: 'critical',
    for: '1m',
    keepFiringFor: '5m',
    expr: `min by (cluster) (${age}) >= ${thresholdOf('exporter_silent')}`,
    summary: 'No exporter sends records any more.',
    description: 'The last record of any exporter came {{ $value | humanizeDuration }} ago.',
  }),
  pipelineAlert('WeirRecordsLost', {
    severity: 'warning',
    for: '5m',
    keepFiringFor: '10m',
    expr: `exporter:weir_collector_lost_records:share15m >= ${thresholdOf('lost_records_share')}
and exporter:weir_collector_lost_records:increase15m >= ${thresholdOf('lost_records_floor')}`,
    summary: 'Records of an exporter are lost on the way to the aggregator.',
    description:
      'The exporter {{ $labels.exporter }} lost records on the way: {{ $value | humanizePercentage }} of all records received in 15 minutes.',
  }),
  pipelineAlert('WeirConnectionsUnseen', {
    severity: 'warning',
    for: '10m',
    keepFiringFor: '10m',
    expr: `node:weir_exporter_connections_never_seen:share15m >= ${thresholdOf('unseen_connections_share')}
and node:weir_exporter_connections_never_seen:increase15m >= ${thresholdOf('unseen_connections_floor')}`,
    summary: 'An agent misses short connections.',
    description:
      '{{ $value | humanizePercentage }} of the new connections on node {{ $labels.node }} in 15 minutes ended before its agent saw them.',
  }),
];

const handingOn: Alert[] = [
  pipelineAlert('WeirRecordsDropped', {
    severity: 'warning',
    expr: `${sumGrown('cluster, job, instance, component, reason', `weir_ledger_dropped_total{unit=~"records|messages",reason!~"${decided}",component!~"http.*"}`)} >= ${thresholdOf('dropped_records')}`,
    summary: 'Weir drops records.',
    keepFiringFor: '5m',
    description:
      '{{ $labels.component }} of {{ $labels.instance }} dropped {{ $value | humanize }} records in 15 minutes: {{ $labels.reason }}.',
  }),
  pipelineAlert('WeirDecodeErrors', {
    severity: 'warning',
    keepFiringFor: '5m',
    expr: `${sumGrown('cluster, instance, exporter, reason', 'weir_collector_decode_errors_total')} >= ${thresholdOf('decode_errors')}`,
    summary: 'The aggregator cannot decode messages of an exporter.',
    description:
      'The aggregator {{ $labels.instance }} had {{ $value | humanize }} errors decoding messages of the exporter {{ $labels.exporter }} in 15 minutes: {{ $labels.reason }}.',
  }),
  pipelineAlert('WeirLedgerOpen', {
    severity: 'warning',
    for: '15m',
    expr: 'last_over_time(weir_ledger_difference[5m]) != 0',
    summary: "A component's ledger account does not close: received differs from sent + dropped + held.",
    description:
      '{{ $labels.component }} of {{ $labels.instance }} is off by {{ $value | humanize }} {{ $labels.unit }}.',
  }),
  pipelineAlert('WeirMetricsDelayed', {
    severity: 'warning',
    for: '10m',
    keepFiringFor: '10m',
    expr: `histogram_quantile(0.9, sum by (cluster, le) (rate(weir_metrics_delay_seconds_bucket[10m]))) >= ${thresholdOf('metrics_delay')}`,
    summary: 'Flow metrics are late.',
    description:
      'Weir counts a tenth of the packets more than {{ $value | humanizeDuration }} after they passed.',
  }),
  pipelineAlert('WeirClockAhead', {
    severity: 'warning',
    for: '5m',
    keepFiringFor: '5m',
    expr: `max by (cluster, exporter) (weir_collector_exporter_last_record_timestamp_seconds) - time() >= ${thresholdOf('clock_ahead')}`,
    summary: 'A clock is ahead.',
    description:
      "The last record of the exporter {{ $labels.exporter }} is {{ $value | humanizeDuration }} ahead of Prometheus' clock.",
  }),
  pipelineAlert('WeirSinkFailing', {
    severity: 'warning',
    for: '5m',
    expr: 'max_over_time(weir_sink_up[5m]) == 0',
    summary: 'A sink cannot write flows.',
    description:
      'No write of the sink {{ $labels.sink }} of {{ $labels.instance }} has succeeded for ten minutes.',
  }),
  pipelineAlert('WeirSinkQueueFilling', {
    severity: 'warning',
    for: '5m',
    keepFiringFor: '5m',
    expr: `avg_over_time(sink:weir_sink_queue:ratio[5m]) >= ${thresholdOf('sink_queue')}`,
    summary: "A sink's queue is nearly full. Beyond its limit the sink drops records.",
    description:
      'The queue of the sink {{ $labels.sink }} of {{ $labels.instance }} is {{ $value | humanizePercentage }} full.',
  }),
  pipelineAlert('WeirOtlpFailing', {
    severity: 'warning',
    for: '5m',
    expr: `sum by (cluster, job, instance, target) (rate(weir_otlp_exports_total{result!="success"}[10m])) > 0
unless sum by (cluster, job, instance, target) (rate(weir_otlp_exports_total{result="success"}[10m])) > 0`,
    summary: 'No metrics reach an OTLP receiver.',
    description:
      'All OTLP exports of {{ $labels.instance }} of {{ $labels.job }} to {{ $labels.target }} have failed for ten minutes.',
  }),
  pipelineAlert('WeirSeriesFolded', {
    severity: 'warning',
    keepFiringFor: '30m',
    expr: `${sumGrown('cluster, grouping', 'weir_metrics_folded_series_total', '1h')} >= 1`,
    summary: 'A grouping has reached its series limit: Weir folds the smallest series into "other".',
    description:
      'Weir folded {{ $value | humanize }} series of the grouping {{ $labels.grouping }} into "other" in the last hour.',
  }),
  pipelineAlert('WeirSeriesBudgetLow', {
    severity: 'info',
    for: '15m',
    keepFiringFor: '15m',
    expr: `max by (cluster, grouping) (weir_metrics_series / (weir_metrics_series_limit > 0)) >= ${thresholdOf('series_budget')}`,
    summary: 'A grouping has nearly reached its series limit.',
    description:
      'The grouping {{ $labels.grouping }} uses {{ $value | humanizePercentage }} of its series limit.',
  }),
];

const ofWeir = 'job=~"weir-agent|weir-aggregator"';

const processes: Alert[] = [
  pipelineAlert('WeirEventLoopBlocked', {
    severity: 'warning',
    for: '10m',
    keepFiringFor: '10m',
    expr: `avg_over_time(weir_event_loop_delay_p99_seconds[5m]) >= ${thresholdOf('event_loop_delay')}`,
    summary: 'A process of Weir is too busy to keep up.',
    description:
      'The event-loop delay of {{ $labels.instance }} is {{ $value | humanizeDuration }} at the 99th percentile.',
  }),
  pipelineAlert('WeirOpenFilesHigh', {
    severity: 'warning',
    for: '5m',
    keepFiringFor: '10m',
    expr: `process_open_fds{${ofWeir}} / (process_max_fds > 0) >= ${thresholdOf('open_files')}`,
    summary: 'A process of Weir has nearly reached its limit of open files.',
    description: '{{ $labels.instance }} uses {{ $value | humanizePercentage }} of its limit of open files.',
  }),
  pipelineAlert('WeirCertificateExpiring', {
    severity: 'warning',
    for: '10m',
    keepFiringFor: '10m',
    expr: `(weir_collector_certificate_expiry_timestamp_seconds or weir_exporter_certificate_expiry_timestamp_seconds or weir_sink_certificate_expiry_timestamp_seconds) - time() <= ${thresholdOf('certificate_expiry')}`,
    summary: 'A certificate of Weir expires soon; then its sessions over TLS end for good.',
    description:
      'The certificate of {{ $labels.instance }} of {{ $labels.job }}{{ with $labels.sink }} for its sink {{ . }}{{ end }} is valid for {{ $value | humanizeDuration }} more.',
  }),
  // by kind, not by process: when the API server is away, one alert for each kind is enough
  pipelineAlert('WeirNamesStale', {
    severity: 'warning',
    for: '1m',
    keepFiringFor: '5m',
    expr: `max by (cluster, job, kind) (weir_kubernetes_stale_seconds) >= ${thresholdOf('names_stale')}`,
    summary: 'Weir hears no changes from the Kubernetes API: flows of new Pods have no names.',
    description:
      'Changes of {{ $labels.kind }} may have been missing for {{ $value | humanizeDuration }}, in at least one process of {{ $labels.job }}.',
  }),
  pipelineAlert('WeirRestarting', {
    severity: 'warning',
    keepFiringFor: '15m',
    expr: `changes(process_start_time_seconds{${ofWeir}}[1h]) >= ${thresholdOf('restarts')}`,
    summary: 'A process of Weir restarts repeatedly.',
    description:
      '{{ $labels.instance }} of {{ $labels.job }} has started {{ $value }} times in the last hour.',
  }),
];

const measured: Recording[] = [
  makeRecording('node:weir_kube:info', 'group by (node) (kube_node_info)'),
  makeRecording('node:weir_removed:info', removedSeries('node:weir_kube:info')),
  makeRecording(
    'instance:weir_agent:info',
    'group by (cluster, instance, node) (weir_exporter_collector_connected{node!=""})',
  ),
  makeRecording(
    'node:weir_exporter_connections_never_seen:increase15m',
    'sum by (cluster, node) (increase(weir_exporter_connections_never_seen_total[15m]))',
  ),
  makeRecording(
    'node:weir_exporter_connections_never_seen:share15m',
    `node:weir_exporter_connections_never_seen:increase15m
/ (sum by (cluster, node) (increase(weir_exporter_connections_begun_total[15m])) > 0)`,
  ),
  makeRecording(
    'sink:weir_sink_queue:ratio',
    'max by (cluster, job, instance, sink) (weir_sink_queue_records / (weir_sink_queue_limit > 0))',
  ),
];

export const pipeline: Group[] = [
  { name: 'weir-pipeline-blind', interval: '1m', rules: [...records, ...measured, ...blind] },
  { name: 'weir-pipeline-seeing', interval: '1m', rules: seeing },
  { name: 'weir-pipeline-handing-on', interval: '1m', rules: handingOn },
  { name: 'weir-pipeline-processes', interval: '1m', rules: processes },
];
