import { type Listing, type Signal, units } from '../signal.ts';
import { jobs, own, rateOf } from './process-matchers.ts';

/* The processes of Weir, whatever they do: whether they run, what they use, and who reads their metrics. */

export const up: Signal = {
  title: 'Processes that Prometheus reaches',
  description: 'Each agent and aggregator, by its scrapes.',
  unit: units.state,
  lines: [{ promql: `max by (job, instance) (up{${jobs}})`, legend: '{{job}} {{instance}}' }],
};

export const down: Signal = {
  title: 'Processes down',
  description:
    'Agents and aggregators whose scrape fails now. Alerts report processes that are no longer targets.',
  unit: units.count,
  lines: [{ promql: `count(up{${jobs}} == 0) or vector(0)`, legend: 'Processes down', isInstant: true }],
};

export const series: Signal = {
  title: 'Series of each grouping',
  description:
    'Share of the series limit in use. Beyond it Weir folds the smallest series into "other". Totals stay exact.',
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
  description: 'Per second: folded series exceed the limit, and expired series were idle.',
  unit: units.perSecond,
  lines: [
    {
      promql: `sum by (grouping) (${rateOf('weir_metrics_folded_series_total')})`,
      legend: '{{grouping}} folded',
    },
    {
      promql: `sum by (grouping) (${rateOf('weir_metrics_expired_series_total')})`,
      legend: '{{grouping}} expired',
    },
  ],
};

export const expired: Listing = {
  title: 'Traffic of expired series',
  description:
    'Since the start of the process. Together with the current series it is all traffic that Weir counted.',
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
  description: '99th percentile for each process. A high value means that the process is overloaded.',
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
  description: "Share of the process's limit.",
  unit: units.ratio,
  lines: [{ promql: `process_open_fds{${jobs}} / process_max_fds{${jobs}}`, legend: '{{job}} {{instance}}' }],
};

export const builds: Listing = {
  title: 'Versions',
  description: 'Processes of each version, and the longest uptime among them.',
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
  description: 'Per second, by result: scrapes, exports to each receiver, and points that it rejected.',
  unit: units.perSecond,
  lines: [
    { promql: `sum by (result) (${rateOf('weir_metrics_scrapes_total')})`, legend: 'scrape: {{result}}' },
    {
      promql: `sum by (target, result) (${rateOf('weir_otlp_exports_total')})`,
      legend: '{{target}}: {{result}}',
    },
    {
      promql: `sum by (target) (${rateOf('weir_otlp_rejected_points_total')})`,
      legend: '{{target}}: points refused',
    },
  ],
};

export const exportTime: Signal = {
  title: 'Time of an OTLP export',
  description: '99th percentile, by receiver.',
  unit: units.seconds,
  lines: [
    {
      promql: `histogram_quantile(0.99, sum by (target, le) (${rateOf('weir_otlp_export_duration_seconds_bucket')}))`,
      legend: '{{target}}',
    },
  ],
};
