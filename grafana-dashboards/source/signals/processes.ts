import { type Listing, type Signal, units } from '../signal.ts';
import { jobs, own, rate } from './process-matchers.ts';

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
    'Agents and aggregators whose scrape fails now. What left the list of targets is not counted; the alerts see to that.',
  unit: units.count,
  lines: [{ promql: `count(up{${jobs}} == 0) or vector(0)`, legend: 'Processes down', isInstant: true }],
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
    'Per second, by result: how often Prometheus was answered, and how often metrics were pushed to each receiver, and points that it refused.',
  unit: units.perSecond,
  lines: [
    { promql: `sum by (result) (${rate('weir_metrics_scrapes_total')})`, legend: 'scrape: {{result}}' },
    {
      promql: `sum by (target, result) (${rate('weir_otlp_exports_total')})`,
      legend: '{{target}}: {{result}}',
    },
    {
      promql: `sum by (target) (${rate('weir_otlp_rejected_points_total')})`,
      legend: '{{target}}: points refused',
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
