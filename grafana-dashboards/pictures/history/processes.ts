import { type Course, constantCourse, courseAround, incidentCourse, type Recorder } from './recorder.ts';

type Labels = Readonly<Record<string, string>>;

const nodes = ['node-1', 'node-2', 'node-3', 'node-4'];
const linkCapacity = 125e6;
const groupings = ['workload', 'pod', 'node', 'service', 'policy', 'external', 'port', 'zone', 'namespace'];

/** Records the metrics of four agents and of their nodes' links. */
export function recordAgents(recorder: Recorder, cluster: string): void {
  for (const node of nodes) {
    const own = { job: 'weir-agent', instance: `${node}:9465`, cluster, node };
    recordProcess(recorder, own, 'agent', 0.03, 92e6);
    recordLinks(recorder, own);
    const entries = courseAround(21_000, node);
    recorder.gauge('antrea_agent_conntrack_total_connection_count', own, roundedCourse(entries));
    recorder.gauge(
      'antrea_agent_conntrack_antrea_connection_count',
      own,
      roundedCourse((m) => 0.7 * entries(m)),
    );
    recorder.gauge('antrea_agent_conntrack_max_connection_count', own, constantCourse(131_072));
    recorder.gauge('antrea_agent_denied_connection_count', own, roundedCourse(courseAround(12, node)));
    recorder.gauge('antrea_agent_flow_collector_reconnection_count', own, (m) =>
      node === 'node-3' && m < 25 ? 1 : 0,
    );
    const polls = { '0.01': 0.4, '0.025': 0.93, '0.05': 0.995, '0.1': 1, '+Inf': 1 };
    recorder.buckets('antrea_agent_conntrack_poll_cycle_duration_seconds', own, polls, constantCourse(0.2));
    recorder.counter('weir_exporter_connections_begun_total', own, courseAround(48, node));
    recorder.counter('weir_exporter_connections_never_seen_total', own, constantCourse(0.02));
    recorder.counter('weir_exporter_ip_packets_total', own, courseAround(9_200, node));
    recorder.counter('weir_exporter_counted_packets_total', own, courseAround(9_150, node));
    recorder.counter('weir_exporter_entered_bytes_total', own, courseAround(6_100_000, node));
    recorder.counter('weir_exporter_ip_received_bytes_total', own, courseAround(5_900_000, node));
    recorder.gauge('weir_exporter_blind', { ...own, reason: 'no tracking' }, constantCourse(0));
    recorder.gauge('weir_exporter_collector_connected', own, (m) =>
      node === 'node-3' && m < 28 && m > 24 ? 0 : 1,
    );
    recordKinds(recorder, own, { pods: 62, services: 48, endpointslices: 9, 'remembered pods': 2 });
    recordAccount(recorder, own, 'ipfix out', 'records', courseAround(45, node));
    recordAccount(recorder, own, 'conntrack', 'events', courseAround(96, node));
  }
}

function recordLinks(recorder: Recorder, own: Labels & { node: string }): void {
  for (const [link, share] of [
    ['eth0', 0.3],
    ['other links', 0.1],
  ] as const) {
    const at = { ...own, link };
    if (link === 'eth0')
      recorder.gauge('weir_exporter_link_capacity_bytes_per_second', at, constantCourse(linkCapacity));
    for (const direction of ['transmit', 'receive']) {
      const isFull =
        (own.node === 'node-2' && direction === 'transmit') ||
        (own.node === 'node-3' && direction === 'receive');
      const usual = courseAround(share * linkCapacity, own.node + direction);
      const octets =
        isFull && link === 'eth0' ? incidentCourse(constantCourse(0.97 * linkCapacity), usual) : usual;
      const bad =
        isFull && link === 'eth0'
          ? incidentCourse(courseAround(140, 'q'), constantCourse(0))
          : constantCourse(0);
      recorder.counter('weir_exporter_link_bytes_total', { ...at, direction }, octets);
      recorder.counter('weir_exporter_link_packets_total', { ...at, direction }, (m) => octets(m) / 870);
      recorder.counter('weir_exporter_link_dropped_packets_total', { ...at, direction }, bad);
      recorder.counter('weir_exporter_link_errors_total', { ...at, direction }, constantCourse(0));
    }
  }
  recorder.gauge('weir_exporter_links', { ...own, told: 'own' }, constantCourse(1));
  recorder.gauge('weir_exporter_links', { ...own, told: 'summed' }, constantCourse(38));
  recorder.gauge('weir_exporter_links', { ...own, told: 'beyond limit' }, constantCourse(0));
}

/** Records the metrics of the aggregator. */
export function recordAggregator(recorder: Recorder, cluster: string, endMs: number): void {
  const own = { job: 'weir-aggregator', instance: 'aggregator:9464', cluster };
  recordProcess(recorder, own, 'aggregator', 0.21, 248e6);
  nodes.forEach((node, row) => {
    const exporter = { ...own, exporter: `10.20.0.${row + 1}`, domain: String(row + 1) };
    const silence =
      node === 'node-3'
        ? incidentCourse((m) => (m < 28 && m > 24 ? 60 * (28 - m) : 2), constantCourse(2))
        : constantCourse(2);
    recorder.gauge(
      'weir_collector_exporter_last_record_timestamp_seconds',
      exporter,
      (m) => (endMs - 60_000 * m) / 1_000 - silence(m),
    );
    const lost = node === 'node-3' ? (m: number) => (m < 25 && m > 23 ? 1.4 : 0) : constantCourse(0);
    recorder.counter('weir_collector_lost_records_total', exporter, lost);
    recorder.counter('weir_collector_lost_messages_total', exporter, () => 0);
    recorder.gauge(
      'weir_collector_exporter_info',
      { ...own, exporter: exporter.exporter, domain: exporter.domain, peer_name: node },
      () => 1,
    );
    recorder.counter('weir_collector_exporter_unsent_records_total', exporter, constantCourse(0));
    recorder.counter('weir_collector_exporter_ignored_packets_total', exporter, lost);
    recorder.counter(
      'weir_collector_decode_errors_total',
      { ...own, exporter: exporter.exporter, reason: 'unknown template' },
      (m) => (node === 'node-3' && m < 25 && m > 23 ? 0.1 : 0),
    );
  });
  recorder.gauge('weir_collector_sessions', own, (m) => (m < 28 && m > 24 ? 3 : 4));
  const flows = courseAround(20_400, 'flows');
  recorder.gauge('weir_aggregator_flows', own, roundedCourse(flows));
  recorder.gauge('weir_aggregator_flow_memory_bytes', own, (m) => 310 * flows(m));
  recordKinds(recorder, own, {
    ...{ pods: 240, services: 48, endpointslices: 9, nodes: 4, namespaces: 1 },
    ...{ replicasets: 130, jobs: 12, 'remembered pods': 5 },
  });
  recordAccount(recorder, own, 'ipfix in', 'records', courseAround(180, 'in'));
  recordAccount(recorder, own, 'aggregator', 'records', courseAround(180, 'in'), roundedCourse(flows));
  recordAccount(
    recorder,
    own,
    'json lines',
    'records',
    courseAround(150, 'lines'),
    courseAround(120, 'queue', 0.6),
  );
  const refused = { ...own, component: 'json lines', unit: 'records', reason: 'protocol filter' };
  recorder.counter('weir_ledger_dropped_total', refused, courseAround(28, 'filter'));
  recorder.counter(
    'weir_ledger_events_total',
    { ...own, component: 'aggregator', unit: 'records', event: 'joined' },
    courseAround(74, 'joined'),
  );
  recorder.gauge(
    'weir_sink_queue_records',
    { ...own, sink: 'json-lines' },
    incidentCourse(courseAround(9_000, 'queue', 0.4), courseAround(120, 'queue', 0.6)),
  );
  recorder.gauge('weir_sink_queue_limit', { ...own, sink: 'json-lines' }, constantCourse(100_000));
  recorder.gauge('weir_sink_up', { ...own, sink: 'json-lines' }, constantCourse(1));
  for (const [place, grouping] of groupings.entries()) {
    recorder.gauge(
      'weir_metrics_series',
      { ...own, grouping },
      roundedCourse(courseAround(60 + 190 * place, grouping, 0.04)),
    );
    recorder.gauge('weir_metrics_series_limit', { ...own, grouping }, constantCourse(10_000));
    recorder.counter('weir_metrics_folded_series_total', { ...own, grouping }, constantCourse(0));
    recorder.counter(
      'weir_metrics_expired_series_total',
      { ...own, grouping },
      grouping === 'pod' ? courseAround(0.02, 'e') : constantCourse(0),
    );
    recorder.counter(
      'weir_metrics_expired_bytes_total',
      { ...own, grouping },
      grouping === 'pod' ? courseAround(9_000, 'b') : constantCourse(0),
    );
    recorder.counter(
      'weir_metrics_expired_packets_total',
      { ...own, grouping },
      grouping === 'pod' ? courseAround(11, 'p') : constantCourse(0),
    );
  }
  const delays = { '0.5': 0.12, '1': 0.31, '2.5': 0.7, '5': 0.97, '10': 0.999, '30': 1, '+Inf': 1 };
  recorder.buckets('weir_metrics_delay_seconds', own, delays, constantCourse(180));
  recorder.counter('weir_metrics_scrapes_total', { ...own, result: 'sent' }, constantCourse(1 / 30));
  recorder.counter(
    'weir_otlp_exports_total',
    { ...own, target: 'otel:4317', result: 'success' },
    constantCourse(1 / 60),
  );
  recorder.counter('weir_otlp_rejected_points_total', { ...own, target: 'otel:4317' }, constantCourse(0));
  const exports = { '0.05': 0.6, '0.1': 0.97, '0.25': 1, '+Inf': 1 };
  recorder.buckets(
    'weir_otlp_export_duration_seconds',
    { ...own, target: 'otel:4317' },
    exports,
    constantCourse(1 / 60),
  );
}

function recordProcess(
  recorder: Recorder,
  own: Labels & { job: string; instance: string },
  component: string,
  cores: number,
  memory: number,
): void {
  const { job, instance } = own;
  recorder.gauge('up', { job, instance }, constantCourse(1));
  recorder.gauge('weir_build_info', { ...own, version: '0.1.0', component }, constantCourse(1));
  recorder.gauge('process_start_time_seconds', own, constantCourse(recorder.startMs / 1_000 - 6 * 86_400));
  recorder.counter('process_cpu_seconds_total', own, courseAround(cores, instance));
  recorder.gauge('process_resident_memory_bytes', own, courseAround(memory, instance, 0.03));
  recorder.gauge('process_open_fds', own, roundedCourse(courseAround(46, instance)));
  recorder.gauge('process_max_fds', own, constantCourse(1_024));
  recorder.gauge('weir_event_loop_delay_p99_seconds', own, courseAround(0.012, instance, 0.3));
}

/** What it follows at the API server, which was away for some minutes. */
function recordKinds(recorder: Recorder, own: Labels, objects: Readonly<Record<string, number>>): void {
  for (const [kind, count] of Object.entries(objects)) {
    recorder.gauge('weir_kubernetes_objects', { ...own, kind }, constantCourse(count));
    recorder.gauge('weir_kubernetes_objects_left_out', { ...own, kind }, constantCourse(0));
    if (kind === 'remembered pods') continue;
    const staleCourse: Course = (m) => (m < 46 && m > 42 ? 60 * (46 - m) : 0);
    recorder.gauge('weir_kubernetes_stale_seconds', { ...own, kind }, staleCourse);
    recorder.gauge('weir_kubernetes_synced', { ...own, kind }, constantCourse(1));
  }
}

function recordAccount(
  recorder: Recorder,
  own: Labels,
  component: string,
  unit: string,
  perSecond: Course,
  held: Course = constantCourse(0),
): void {
  const account = { ...own, component, unit };
  recorder.counter('weir_ledger_received_total', account, perSecond);
  recorder.counter('weir_ledger_sent_total', account, perSecond);
  recorder.counter('weir_ledger_dropped_total', { ...account, reason: 'queue full' }, constantCourse(0));
  recorder.gauge('weir_ledger_held', account, held);
  recorder.gauge('weir_ledger_difference', account, constantCourse(0));
}

function roundedCourse(course: Course): Course {
  return (minutes) => Math.round(course(minutes));
}
