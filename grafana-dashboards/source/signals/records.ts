import { matchersIn } from '../alert-rules.ts';
import { type Listing, type Signal, units } from '../signal.ts';
import { increaseOf, own, rateOf } from './process-matchers.ts';

/*
 * Where flow records are: every part of Weir keeps an account of what it received, sent, dropped and holds.
 */

/** Unintended drops: not by a filter, not duplicates. The alert counts the same. */
const losses = `${own}, ${matchersIn('WeirRecordsDropped', 'weir_ledger_dropped_total')}`;

export const recordsLost: Signal = {
  title: 'Records lost',
  description:
    'Flow records that never arrived (gaps in sequence numbers of exporters) or that Weir dropped without being configured to. Zero means that no exported record is missing. Over the whole range.',
  unit: units.count,
  lines: [
    {
      promql: `(sum(${increaseOf('weir_collector_lost_records_total')}) or vector(0)) + (sum(${increaseOf('weir_ledger_dropped_total', losses)}) or vector(0))`,
      legend: 'Records lost',
      isInstant: true,
    },
  ],
};

export const openAccounts: Signal = {
  title: 'Accounts that do not close',
  description:
    'Ledger accounts whose received differs from sent + dropped + held. Any value but zero is a bug to report.',
  unit: units.count,
  lines: [
    {
      promql: `count(weir_ledger_difference{${own}} != 0) or vector(0)`,
      legend: 'Accounts that do not close',
      isInstant: true,
    },
  ],
};

export const delay: Signal = {
  title: 'Delay from packet to counter',
  description:
    'From the last packet of a record to the counter that Prometheus reads: median and 99th percentile.',
  unit: units.seconds,
  lines: [
    {
      promql: `histogram_quantile(0.99, sum by (le) (${rateOf('weir_metrics_delay_seconds_bucket')}))`,
      legend: '99th percentile',
    },
    {
      promql: `histogram_quantile(0.5, sum by (le) (${rateOf('weir_metrics_delay_seconds_bucket')}))`,
      legend: 'median',
    },
  ],
};

export const delayNow: Signal = {
  ...delay,
  title: 'Delay (p99)',
  lines: delay.lines.slice(0, 1),
};

export const ledger: Signal = {
  title: 'Records received by component',
  description:
    'Received per second, by component. Each component passes records on to the next or drops them with a reason.',
  unit: units.recordsPerSecond,
  lines: [
    {
      promql: `sum by (component) (${rateOf('weir_ledger_received_total', `${own}, unit="records"`)})`,
      legend: '{{component}}',
    },
  ],
};

export const dropped: Signal = {
  title: 'Dropped by reason',
  description:
    "Per second, by component and reason, in the component's unit. Includes records that a filter drops.",
  unit: units.perSecond,
  lines: [
    {
      promql: `sum by (component, unit, reason) (${rateOf('weir_ledger_dropped_total')}) > 0`,
      legend: '{{component}}: {{unit}}, {{reason}}',
    },
  ],
};

export const held: Signal = {
  title: 'Items held by component',
  description: 'Items in a component: flows in a table, records in a queue.',
  unit: units.count,
  lines: [
    { promql: `sum by (component, unit) (weir_ledger_held{${own}})`, legend: '{{component}}: {{unit}}' },
  ],
};

export const events: Signal = {
  title: 'Ledger events',
  description: 'Events per second that lost no record, or an unknown number: overruns, filtered records.',
  unit: units.perSecond,
  lines: [
    {
      promql: `sum by (component, event) (${rateOf('weir_ledger_events_total')}) > 0`,
      legend: '{{component}}: {{event}}',
    },
  ],
};

export const accounts: Listing = {
  title: 'Ledger',
  description:
    'Over the whole range: received = sent + dropped + increase of held. The last column is the current difference.',
  labels: { job: 'Job', component: 'Component', unit: 'Unit' },
  columns: [
    {
      heading: 'Received',
      unit: units.count,
      promql: `sum by (job, component, unit) (${increaseOf('weir_ledger_received_total')})`,
      isBar: true,
    },
    {
      heading: 'Sent',
      unit: units.count,
      promql: `sum by (job, component, unit) (${increaseOf('weir_ledger_sent_total')})`,
    },
    {
      heading: 'Dropped',
      unit: units.count,
      promql: `sum by (job, component, unit) (${increaseOf('weir_ledger_dropped_total')})`,
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
  description: 'Time since the last record of each exporter and observation domain.',
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
    'Per second: records that exporters sent but that did not arrive, from gaps in their sequence numbers. Exporters that number messages, as with NetFlow v9, also have lost messages.',
  unit: units.perSecond,
  lines: [
    {
      promql: `sum by (exporter, domain) (${rateOf('weir_collector_lost_records_total')}) > 0`,
      legend: '{{exporter}} domain {{domain}}: records',
    },
    {
      promql: `sum by (exporter, domain) (${rateOf('weir_collector_lost_messages_total')}) > 0`,
      legend: '{{exporter}} domain {{domain}}: messages',
    },
  ],
};

export const reportedLosses: Signal = {
  title: 'Losses that exporters report',
  description:
    'Per second: records that an exporter did not send and packets that it did not meter, by its own reports.',
  unit: units.perSecond,
  lines: [
    {
      promql: `sum by (exporter, domain) (${rateOf('weir_collector_exporter_unsent_records_total')}) > 0`,
      legend: '{{exporter}} domain {{domain}}: records',
    },
    {
      promql: `sum by (exporter, domain) (${rateOf('weir_collector_exporter_ignored_packets_total')}) > 0`,
      legend: '{{exporter}} domain {{domain}}: packets',
    },
  ],
};

export const certified: Listing = {
  title: 'Exporters by certificate',
  description:
    'The name in the certificate of each exporter over TLS or DTLS, and the time since its last record.',
  labels: { peer_name: 'Certificate', exporter: 'Exporter', domain: 'Domain' },
  columns: [
    {
      heading: 'Silence',
      unit: units.seconds,
      promql: `max by (exporter, domain, peer_name) (weir_collector_exporter_info{${own}}) * on (exporter, domain) group_left () (time() - max by (exporter, domain) (weir_collector_exporter_last_record_timestamp_seconds{${own}}))`,
    },
  ],
};

export const decodeErrors: Signal = {
  title: 'Decode errors',
  description: 'Per second, by exporter and reason.',
  unit: units.perSecond,
  lines: [
    {
      promql: `sum by (exporter, reason) (${rateOf('weir_collector_decode_errors_total')}) > 0`,
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
  description: 'Active flows, and flows that wait for their last record.',
  unit: units.count,
  lines: [{ promql: `sum(weir_aggregator_flows{${own}})`, legend: 'Flows in the aggregator' }],
};

export const flowMemory: Signal = {
  title: 'Memory of a flow',
  description:
    'Memory of the flow table divided by its flows. The value is high when the table is nearly empty.',
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
  description: 'Share of each queue in use. A full queue drops records.',
  unit: units.ratio,
  lines: [
    {
      promql: `max by (instance, sink) (weir_sink_queue_records{${own}} / weir_sink_queue_limit{${own}})`,
      legend: '{{sink}} of {{instance}}',
    },
  ],
};
