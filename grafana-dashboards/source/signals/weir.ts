import { matchersIn } from '../alert-rules.ts';
import { type Listing, type Signal, units } from '../signal.ts';

/*
 * Weir's own health: can the other dashboards be believed? A process that carries no cluster label is shown
 * whichever cluster is chosen.
 */

const own = 'cluster=~"$cluster|"';
const agents = `${own}, node=~"$node"`;
const rate = (metric: string, matchers = own) => `rate(${metric}{${matchers}}[$__rate_interval])`;
const increase = (metric: string, matchers = own) => `increase(${metric}{${matchers}}[$__range])`;

/** Drops that nobody asked for: not by a filter, not a duplicate. The alert and its number here count the same. */
const losses = `${own}, ${matchersIn('WeirRecordsDropped', 'weir_ledger_dropped_total')}`;

const jobs = 'job=~"weir-agent|weir-aggregator"';

export const recordsLost: Signal = {
  title: 'Records lost or dropped',
  description:
    'Flow records that never arrived (gaps in the sequence numbers of exporters) or that a process of Weir dropped and nobody had asked it to. Zero means that what is shown is all that was exported. Over the whole range.',
  unit: units.count,
  lines: [
    {
      promql: `(sum(${increase('weir_collector_lost_records_total')}) or vector(0)) + (sum(${increase('weir_ledger_dropped_total', losses)}) or vector(0))`,
      legend: 'Records lost or dropped',
      isInstant: true,
    },
  ],
};

export const booksOpen: Signal = {
  title: 'Books that do not close',
  description:
    'Accounts whose received differs from sent + dropped + held: something vanished without a reason. Always zero, or there is a bug to report.',
  unit: units.count,
  lines: [
    {
      promql: `count(weir_ledger_difference{${own}} != 0) or vector(0)`,
      legend: 'Books that do not close',
      isInstant: true,
    },
  ],
};

export const delay: Signal = {
  title: 'Delay, packet to counter',
  description:
    'From the last packet that a record tells of to the counter in Prometheus’ hands: of 100 records, 50 and 99 were faster.',
  unit: units.seconds,
  lines: [
    {
      promql: `histogram_quantile(0.99, sum by (le) (${rate('weir_metrics_delay_seconds_bucket')}))`,
      legend: '99 of 100',
    },
    {
      promql: `histogram_quantile(0.5, sum by (le) (${rate('weir_metrics_delay_seconds_bucket')}))`,
      legend: 'half',
    },
  ],
};

export const delayNow: Signal = { ...delay, title: 'Delay (99 of 100)', lines: delay.lines.slice(0, 1) };

export const up: Signal = {
  title: 'Processes that Prometheus reaches',
  description: 'Each agent and aggregator, by its scrapes.',
  unit: units.state,
  lines: [{ promql: `max by (job, instance) (up{${jobs}})`, legend: '{{job}} {{instance}}' }],
};

export const down: Signal = {
  title: 'Processes down',
  description:
    'Agents and aggregators whose scrape fails now. What left the list of targets is not counted; the alerts see to that.',
  unit: units.count,
  lines: [{ promql: `count(up{${jobs}} == 0) or vector(0)`, legend: 'Processes down', isInstant: true }],
};

export const connected: Signal = {
  title: 'Agents connected, sinks up',
  description: 'Each agent has its collector; each sink took the last write.',
  unit: units.state,
  lines: [
    {
      promql: `min by (node) (weir_exporter_collector_connected{${agents}})`,
      legend: '{{node}} to its collector',
    },
    { promql: `min by (instance, sink) (weir_sink_up{${own}})`, legend: 'sink {{sink}} of {{instance}}' },
  ],
};

export const ledger: Signal = {
  title: 'Records through each part',
  description:
    'Received per second, by component: what goes in at the left comes out at the right, or is dropped with a reason.',
  unit: units.recordsPerSecond,
  lines: [
    {
      promql: `sum by (component) (${rate('weir_ledger_received_total', `${own}, unit="records"`)})`,
      legend: '{{component}}',
    },
  ],
};

export const dropped: Signal = {
  title: 'Dropped, by reason',
  description:
    'Per second, by component and reason, in the unit that the component counts; also what a filter was asked to drop.',
  unit: units.perSecond,
  lines: [
    {
      promql: `sum by (component, unit, reason) (${rate('weir_ledger_dropped_total')}) > 0`,
      legend: '{{component}}: {{unit}}, {{reason}}',
    },
  ],
};

export const held: Signal = {
  title: 'Held by each part',
  description: 'What a component has in hand: flows in a table, records in a queue.',
  unit: units.count,
  lines: [
    { promql: `sum by (component, unit) (weir_ledger_held{${own}})`, legend: '{{component}}: {{unit}}' },
  ],
};

export const events: Signal = {
  title: 'Noticed on the way',
  description:
    'Events per second that lost nothing countable, or an unknown number: overruns, records that were filtered out.',
  unit: units.perSecond,
  lines: [
    {
      promql: `sum by (component, event) (${rate('weir_ledger_events_total')}) > 0`,
      legend: '{{component}}: {{event}}',
    },
  ],
};

export const books: Listing = {
  title: 'Books',
  description:
    'Over the whole range: received = sent + dropped + what is now held more than before. The last column is what is not accounted for, now.',
  labels: { job: 'Job', component: 'Component', unit: 'Unit' },
  columns: [
    {
      heading: 'Received',
      unit: units.count,
      promql: `sum by (job, component, unit) (${increase('weir_ledger_received_total')})`,
      isBar: true,
    },
    {
      heading: 'Sent',
      unit: units.count,
      promql: `sum by (job, component, unit) (${increase('weir_ledger_sent_total')})`,
    },
    {
      heading: 'Dropped',
      unit: units.count,
      promql: `sum by (job, component, unit) (${increase('weir_ledger_dropped_total')})`,
    },
    {
      heading: 'Held',
      unit: units.count,
      promql: `sum by (job, component, unit) (weir_ledger_held{${own}})`,
    },
    {
      heading: 'Unaccounted',
      unit: units.count,
      promql: `sum by (job, component, unit) (weir_ledger_difference{${own}})`,
    },
  ],
};

export const silence: Signal = {
  title: 'Silence of exporters',
  description: 'Since the last record of each exporter and observation domain.',
  unit: units.seconds,
  lines: [
    {
      promql: `time() - max by (exporter, domain) (weir_collector_exporter_last_record_timestamp_seconds{${own}})`,
      legend: '{{exporter}} domain {{domain}}',
    },
  ],
};

export const lost: Signal = {
  title: 'Lost before the collector',
  description:
    'Records per second that exporters sent and that did not arrive, by the gaps in their sequence numbers.',
  unit: units.recordsPerSecond,
  lines: [
    {
      promql: `sum by (exporter, domain) (${rate('weir_collector_lost_records_total')}) > 0`,
      legend: '{{exporter}} domain {{domain}}',
    },
  ],
};

export const decodeErrors: Signal = {
  title: 'Decode errors',
  description: 'Per second, by exporter and reason.',
  unit: units.perSecond,
  lines: [
    {
      promql: `sum by (exporter, reason) (${rate('weir_collector_decode_errors_total')}) > 0`,
      legend: '{{exporter}}: {{reason}}',
    },
  ],
};

export const sessions: Signal = {
  title: 'Collector sessions',
  description: 'Exporters connected now.',
  unit: units.count,
  lines: [{ promql: `sum(weir_collector_sessions{${own}})`, legend: 'Collector sessions' }],
};

export const flowsHeld: Signal = {
  title: 'Flows in the aggregator',
  description: 'Flows that are going on or wait for their last record.',
  unit: units.count,
  lines: [{ promql: `sum(weir_aggregator_flows{${own}})`, legend: 'Flows in the aggregator' }],
};

export const flowMemory: Signal = {
  title: 'Memory of a flow',
  description: 'Of the flow table, by flow in it; high when the table is nearly empty.',
  unit: units.memory,
  lines: [
    {
      promql: `sum(weir_aggregator_flow_memory_bytes{${own}}) / (sum(weir_aggregator_flows{${own}}) > 0)`,
      legend: 'Memory of a flow',
    },
  ],
};

export const queues: Signal = {
  title: 'Queues of sinks',
  description: 'Share of each queue that is full; a full one drops.',
  unit: units.ratio,
  lines: [
    {
      promql: `max by (instance, sink) (weir_sink_queue_records{${own}} / weir_sink_queue_limit{${own}})`,
      legend: '{{sink}} of {{instance}}',
    },
  ],
};

export const conntrack: Signal = {
  title: 'Conntrack tables in use',
  description:
    "Share of the kernel's table of connections that is taken, by node. At 1 the kernel drops new connections.",
  unit: units.ratio,
  lines: [
    {
      promql: `max by (node) (antrea_agent_conntrack_total_connection_count{${agents}} / antrea_agent_conntrack_max_connection_count{${agents}})`,
      legend: '{{node}}',
    },
  ],
};

export const connections: Signal = {
  title: 'Connections that agents follow',
  description: 'Connections that the agent exports, and denied ones that it holds, by node.',
  unit: units.count,
  lines: [
    {
      promql: `max by (node) (antrea_agent_conntrack_antrea_connection_count{${agents}})`,
      legend: '{{node}}',
    },
    {
      promql: `max by (node) (antrea_agent_denied_connection_count{${agents}})`,
      legend: '{{node}} denied',
    },
  ],
};

export const neverSeen: Signal = {
  title: 'Connections never seen',
  description:
    'Share of new connections that began and ended between two looks, by node: they are counted, not described.',
  unit: units.ratio,
  lines: [
    {
      promql: `sum by (node) (${rate('weir_exporter_connections_never_seen_total', agents)}) / (sum by (node) (${rate('weir_exporter_connections_begun_total', agents)}) > 0)`,
      legend: '{{node}}',
    },
  ],
};

export const polls: Signal = {
  title: 'Time of a conntrack poll',
  description: 'Of 100 dumps of the table, 99 were faster, by node.',
  unit: units.seconds,
  lines: [
    {
      promql: `histogram_quantile(0.99, sum by (node, le) (${rate('antrea_agent_conntrack_poll_cycle_duration_seconds_bucket', agents)}))`,
      legend: '{{node}}',
    },
  ],
};

export const reconnections: Signal = {
  title: 'Reconnections to collectors',
  description: 'How often each agent had to connect anew, over the whole range.',
  unit: units.count,
  lines: [
    {
      promql: `sum by (node) (increase(antrea_agent_flow_collector_reconnection_count{${agents}}[$__range]))`,
      legend: '{{node}}',
      isInstant: true,
    },
  ],
};

export const series: Signal = {
  title: 'Series of each grouping',
  description:
    'Share of the series budget that is taken. Above it the smallest are summed into the series "other"; totals stay exact.',
  unit: units.ratio,
  lines: [
    {
      promql: `max by (instance, grouping) (weir_metrics_series{${own}} / weir_metrics_series_limit{${own}})`,
      legend: '{{grouping}} of {{instance}}',
    },
  ],
};

export const folded: Signal = {
  title: 'Series folded and expired',
  description:
    'Per second: summed into "other" because the budget was full, and no longer shown because they were idle.',
  unit: units.perSecond,
  lines: [
    {
      promql: `sum by (grouping) (${rate('weir_metrics_folded_series_total')})`,
      legend: '{{grouping}} folded',
    },
    {
      promql: `sum by (grouping) (${rate('weir_metrics_expired_series_total')})`,
      legend: '{{grouping}} expired',
    },
  ],
};

export const expired: Listing = {
  title: 'What expired series had counted',
  description: 'Since the start of the process. With what is shown, it is all that was ever counted.',
  labels: { grouping: 'Grouping' },
  columns: [
    {
      heading: 'Bytes',
      unit: units.bytes,
      promql: `sum by (grouping) (weir_metrics_expired_bytes_total{${own}})`,
      isBar: true,
    },
    {
      heading: 'Packets',
      unit: units.count,
      promql: `sum by (grouping) (weir_metrics_expired_packets_total{${own}})`,
    },
  ],
};

export const processor: Signal = {
  title: 'Processor time',
  description: 'Of each process, in cores.',
  unit: units.count,
  lines: [
    { promql: `rate(process_cpu_seconds_total{${jobs}}[$__rate_interval])`, legend: '{{job}} {{instance}}' },
  ],
};

export const memory: Signal = {
  title: 'Resident memory',
  description: 'Of each process.',
  unit: units.memory,
  lines: [{ promql: `process_resident_memory_bytes{${jobs}}`, legend: '{{job}} {{instance}}' }],
};

export const eventLoop: Signal = {
  title: 'Delay of the event loop',
  description: 'Of each process: of 100 turns, 99 were faster. High means that it has more to do than time.',
  unit: units.seconds,
  lines: [
    {
      promql: `max by (job, instance) (weir_event_loop_delay_p99_seconds{${jobs}})`,
      legend: '{{job}} {{instance}}',
    },
  ],
};

export const descriptors: Signal = {
  title: 'File descriptors in use',
  description: 'Share of what the process may open.',
  unit: units.ratio,
  lines: [{ promql: `process_open_fds{${jobs}} / process_max_fds{${jobs}}`, legend: '{{job}} {{instance}}' }],
};

export const builds: Listing = {
  title: 'Versions',
  description: 'Processes of each version, and the longest time that one of them has been running.',
  labels: { component: 'Component', version: 'Version' },
  columns: [
    {
      heading: 'Processes',
      unit: units.count,
      promql: `count by (component, version) (weir_build_info{${own}})`,
      isBar: true,
    },
    {
      heading: 'Running for',
      unit: units.seconds,
      promql: `max by (component, version) (weir_build_info{${own}} * on (job, instance) group_left () (time() - process_start_time_seconds{${jobs}}))`,
    },
  ],
};

export const readers: Signal = {
  title: 'Scrapes and OTLP exports',
  description:
    'Per second, by result: how often Prometheus was answered, and how often metrics were pushed to each receiver.',
  unit: units.perSecond,
  lines: [
    { promql: `sum by (result) (${rate('weir_metrics_scrapes_total')})`, legend: 'scrape: {{result}}' },
    {
      promql: `sum by (target, result) (${rate('weir_otlp_exports_total')})`,
      legend: '{{target}}: {{result}}',
    },
  ],
};

export const exportTime: Signal = {
  title: 'Time of an OTLP export',
  description: 'Of 100 exports, 99 were faster, by receiver.',
  unit: units.seconds,
  lines: [
    {
      promql: `histogram_quantile(0.99, sum by (target, le) (${rate('weir_otlp_export_duration_seconds_bucket')}))`,
      legend: '{{target}}',
    },
  ],
};
