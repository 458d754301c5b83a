import { type DefinedMetric, type DefinedPanel, type LabelName, measureOf } from '../../src/metrics/index.ts';
import type { Page, Row } from './dashboard.ts';
import { graphPanel } from './panels.ts';
import { type Line, type Signal, units } from './signal.ts';

/** User-defined metrics that request a panel. */
type Shown = DefinedMetric & { readonly panel: DefinedPanel };

const SHOWN = 10;

/**
 * The dashboards with a row "Your metrics" when a user-defined metric requests a panel in one, by its title
 * or file name. Each other requested title becomes a dashboard.
 */
export function withYourMetrics(pages: readonly Page[], defined: readonly DefinedMetric[]): Page[] {
  const shown = defined.filter((metric): metric is Shown => metric.panel !== undefined);
  const byDashboard = Map.groupBy(shown, ({ panel }) => nameOf(panel.dashboard));
  const extended = pages.map((page) => {
    const names = [...new Set([page.name, nameOf(page.title)])];
    const own = names.flatMap((name) => byDashboard.get(name) ?? []);
    for (const name of names) byDashboard.delete(name);
    return own.length === 0 ? page : { ...page, rows: [...page.rows, yourMetrics(own)] };
  });
  return [...extended, ...[...byDashboard].map(([name, metrics]) => yourPage(name, metrics))];
}

function yourPage(name: string, metrics: readonly Shown[]): Page {
  return {
    name,
    title: metrics[0]!.panel.dashboard,
    description: "Flow metrics that the aggregator's metrics.defined defines.",
    rows: [yourMetrics(metrics)],
  };
}

/** 'Flow metrics' -> 'flow-metrics'. */
function nameOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
}

/** Two panels side by side; a single last one takes its whole line. */
function yourMetrics(metrics: readonly Shown[]): Row {
  const isAlone = (index: number) => index === metrics.length - 1 && index % 2 === 0;
  return {
    title: 'Your metrics',
    panels: metrics.map((metric, index) => graphPanel(signalOf(metric), isAlone(index) ? 24 : 12)),
  };
}

function signalOf(metric: Shown): Signal {
  const { panel, description, value } = metric;
  const unit = panel.unit ?? defaultUnits[value];
  return {
    title: panel.title,
    description: description ?? `${value} of flows, as ${measureOf(metric).name}.`,
    unit,
    lines: metric.type === 'counter' ? [rateOf(metric, unit)] : quantilesOf(metric),
  };
}

const defaultUnits = {
  octets: units.bitsPerSecond,
  packets: units.packetsPerSecond,
  flows: units.flowsPerSecond,
  durationSeconds: units.seconds,
  octetsPerFlow: units.bytes,
} as const;

/** Octets are counted; an axis in bits shows eight times as many. */
function rateOf(metric: Shown, unit: string): Line {
  const { labels, value } = metric;
  const riseOf = (rise: string, window: string) =>
    `sum by (${labels.join(', ')}) (${rise}(${measureOf(metric).name}${chosenMatchers(labels)}${window}))`;
  const top = `${riseOf('rate', '[$__rate_interval]')} and topk(${SHOWN}, ${riseOf('increase', '[$__range] @ end()')})`;
  return {
    promql: value === 'octets' && unit === units.bitsPerSecond ? `8 * (${top})` : top,
    legend: labels.map((label) => `{{${label}}}`).join(' ') || metric.panel.title,
  };
}

/** Quantiles over all flows: quantiles of parts do not add up. */
function quantilesOf(metric: Shown): Line[] {
  const buckets = `sum by (le) (rate(${measureOf(metric).name}_bucket${chosenMatchers(metric.labels)}[$__rate_interval]))`;
  return [0.99, 0.9, 0.5].map((quantile) => ({
    promql: `histogram_quantile(${quantile}, ${buckets})`,
    legend: `${quantile * 100} of 100 below`,
  }));
}

const variableOf: Readonly<Partial<Record<LabelName, string>>> = {
  cluster: 'cluster',
  workload_namespace: 'namespace',
  workload: 'workload',
};

/** A dashboard's variable applies when the metric has its label. */
function chosenMatchers(labels: readonly LabelName[]): string {
  const matchers = Object.entries(variableOf)
    .filter(([label]) => labels.includes(label as LabelName))
    .map(([label, variable]) => `${label}=~"$${variable}"`);
  return matchers.length === 0 ? '' : `{${matchers.join(', ')}}`;
}
