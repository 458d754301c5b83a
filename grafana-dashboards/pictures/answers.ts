import type { Dashboard, Panel, RowPanel } from '@grafana/grafana-foundation-sdk/dashboard';
import { substituted } from '../../test/support/dashboard-queries.ts';
import { asksForLines, isRow, type ShownPanel, type Target } from '../../test/support/dashboards.ts';
import { HttpApi } from '../../test/support/http-api.ts';
import type { Answer, AnsweredSeries, DrawnBlock, DrawnDashboard } from './drawn-dashboard.ts';

/** The number of points, as Grafana chooses it for a panel of some hundred pixels. */
const steps = 240;
const scrapeSeconds = 30;

interface Asked {
  readonly prometheus: HttpApi;
  readonly from: Date;
  readonly to: Date;
}

/**
 * Runs all queries of a dashboard in Prometheus, with its variables at their defaults.
 * @param isUnfolded opens folded rows, except those that query log servers
 */
export async function answerQueries(
  dashboard: Dashboard,
  prometheus: string,
  to: Date,
  isUnfolded: boolean,
): Promise<DrawnDashboard> {
  const hours = Number(/^now-(\d+)h$/.exec(dashboard.time!.from)![1]);
  const asked = { prometheus: new HttpApi(prometheus), from: new Date(to.getTime() - hours * 3_600_000), to };
  const blocks: DrawnBlock[] = [];
  let bottom = 0;
  /** How far panels below the current row move up, since folded rows take no room. */
  let lift = 0;
  for (const panel of dashboard.panels ?? []) {
    const { y: stored, h } = panel.gridPos!;
    if (!isRow(panel)) {
      blocks.push({ panel, y: stored - lift, answers: await answersOf(panel, asked) });
      bottom = Math.max(bottom, stored - lift + h);
      continue;
    }
    lift = stored - bottom;
    const y = bottom++;
    const isOpened = isUnfolded && panel.panels.length > 0 && !panel.panels.some(isOfLines);
    blocks.push({ panel: panel as unknown as Panel, y, answers: [], ...(isOpened ? {} : foldedIn(panel)) });
    if (!isOpened) continue;
    const top = Math.min(...panel.panels.map(({ gridPos }) => gridPos!.y));
    for (const one of panel.panels)
      blocks.push({ panel: one, y: y + 1 + one.gridPos!.y - top, answers: await answersOf(one, asked) });
    bottom += Math.max(...panel.panels.map(({ gridPos }) => gridPos!.y + gridPos!.h)) - top;
  }
  return {
    title: dashboard.title!,
    from: asked.from.getTime(),
    to: to.getTime(),
    variables: variablesOf(dashboard),
    blocks,
  };
}

const isOfLines = (panel: Panel) => asksForLines(panel as unknown as ShownPanel);

function foldedIn({ panels }: RowPanel): Pick<DrawnBlock, 'folded'> {
  return panels.length === 0 ? {} : { folded: panels.length };
}

function variablesOf({ templating }: Dashboard): DrawnDashboard['variables'] {
  return (templating.list ?? [])
    .filter(
      ({ hide, type, name }) => hide !== 2 && type !== 'textbox' && !['loki', 'victorialogs'].includes(name),
    )
    .map(({ label, name, type }) => [label ?? name, type === 'datasource' ? 'prometheus' : 'All'] as const);
}

async function answersOf(panel: Panel, asked: Asked): Promise<Answer[]> {
  const targets = (panel as unknown as ShownPanel).targets ?? [];
  return Promise.all(targets.map((target) => answerTarget(target, asked)));
}

async function answerTarget(target: Target, { prometheus, from, to }: Asked): Promise<Answer> {
  const rangeSeconds = (to.getTime() - from.getTime()) / 1_000;
  const step = Math.max(scrapeSeconds, Math.ceil(rangeSeconds / steps));
  const query = substituted(target.expr, {
    rateInterval: `${Math.max(4 * scrapeSeconds, step + scrapeSeconds)}s`,
    range: `${rangeSeconds}s`,
    variables: {},
  });
  const [start, end] = [from.getTime() / 1_000, to.getTime() / 1_000];
  const { data } = target.instant
    ? await prometheus.getJson<Instant>('/api/v1/query', { query, time: end })
    : await prometheus.getJson<Ranged>('/api/v1/query_range', { query, start, end, step });
  const series = data.result.map(({ metric, ...samples }): AnsweredSeries => {
    const points = 'values' in samples ? samples.values : [samples.value];
    return {
      name: legendOf(target.legendFormat, metric),
      labels: metric,
      times: points.map(([seconds]) => seconds * 1_000),
      values: points.map(([, value]) => Number(value.replace('Inf', 'Infinity'))),
    };
  });
  return { refId: target.refId, isTable: target.format === 'table', series };
}

type Point = readonly [seconds: number, value: string];
type Metric = Readonly<Record<string, string>>;
interface Instant {
  readonly data: { readonly result: readonly { readonly metric: Metric; readonly value: Point }[] };
}
interface Ranged {
  readonly data: {
    readonly result: readonly { readonly metric: Metric; readonly values: readonly Point[] }[];
  };
}

/** As Grafana's data source formats it; `__auto` means the labels. */
function legendOf(format = '__auto', metric: Metric): string {
  if (format !== '__auto') return format.replaceAll(/\{\{(\w+)\}\}/g, (_, label) => metric[label] ?? '');
  const { __name__: name = '', ...labels } = metric;
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return pairs.length === 0 ? name || 'Value' : `${name}{${pairs.join(', ')}}`;
}
