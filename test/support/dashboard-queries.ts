import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { asksForLines, asksLoki, asksVictoriaLogs, dashboards, panelsOf, type Target } from './dashboards.ts';

/** A query of a dashboard as Prometheus gets it. */
export interface DashboardQuery {
  /** Its place, for messages: 'overview / Throughput / A'. */
  readonly where: string;
  readonly dashboard: string;
  /** The panel's, variable's or annotation's. */
  readonly title: string;
  readonly of: 'panel' | 'variable' | 'annotation';
  /** With variables and Grafana's macros substituted. */
  readonly promql: string;
  /** Queried once, at the end of the range; otherwise over the range. */
  readonly isInstant: boolean;
  /** The grouping that must be on for a result; undefined means one that is on by default, or none. */
  readonly needs: string | undefined;
  /** Shows only faults, changes, or what exceeds the biggest; an empty result is fine. */
  readonly mayBeEmpty: boolean;
}

/** The values that Grafana inserts. */
export interface Substitution {
  /** In Prometheus's notation of durations. */
  readonly rateInterval: string;
  readonly range: string;
  /** Variable -> regular expression; the others are All, `.*`. */
  readonly variables: Readonly<Record<string, string>>;
}

const byDefault: Substitution = { rateInterval: '1m', range: '1h', variables: {} };

/**
 * Every query for Prometheus in the committed dashboards: of panels, also in folded rows, of variables and of
 * annotations.
 */
export function dashboardQueries(given: Partial<Substitution> = {}): DashboardQuery[] {
  const values = { ...byDefault, ...given };
  return dashboards.flatMap(({ name, json }) => [
    ...panelsOf(json).flatMap((panel) =>
      (panel.targets ?? [])
        .filter((target) => !asksForLines(target))
        .map((target) => query(name, panel.title!, 'panel', target, needed(panel.description), values)),
    ),
    ...(json.templating.list ?? [])
      .filter(({ type }) => type === 'query')
      .map((variable) => {
        const expr = ofVariable((variable.query as { query: string }).query);
        const asked = { refId: 'query', expr, instant: true };
        return query(name, variable.name, 'variable', asked, groupingIn(expr), values);
      }),
    ...marksOf(json)
      .filter(({ target }) => !asksForLines(target))
      .map((mark) => query(name, mark.name, 'annotation', mark.target, undefined, values)),
  ]);
}

/** A query of a dashboard as Loki gets it. */
export interface DashboardLogQuery {
  readonly where: string;
  readonly logql: string;
  /** The kind of answer: lines, sums over time, or sums once at the end of the range. */
  readonly answer: 'lines' | 'sums over time' | 'sums';
}

/** Every query for Loki of every committed dashboard. */
export function dashboardLogQueries(
  variables: Substitution['variables'] = {},
  range = '1h',
): DashboardLogQuery[] {
  return dashboards.flatMap(({ name, json }) =>
    askersOf(json).flatMap(({ title, targets = [] }) =>
      targets.filter(asksLoki).map(({ expr, queryType }) => ({
        where: `${name} / ${title}`,
        logql: substituted(expr.replaceAll('$__auto', '1m'), {
          ...byDefault,
          range,
          variables: { line: '', ...variables },
        }),
        answer: queryType === 'instant' ? 'sums' : expr.startsWith('{') ? 'lines' : 'sums over time',
      })),
    ),
  );
}

/** A query of a dashboard as VictoriaLogs gets it. */
export interface DashboardLogsqlQuery {
  readonly where: string;
  readonly logsql: string;
  readonly answer: DashboardLogQuery['answer'];
}

const answers = { instant: 'lines', statsRange: 'sums over time', stats: 'sums' } as const;

/** Every query for VictoriaLogs of every committed dashboard. */
export function dashboardLogsqlQueries(variables: Substitution['variables'] = {}): DashboardLogsqlQuery[] {
  return dashboards.flatMap(({ name, json }) =>
    askersOf(json).flatMap(({ title, targets = [] }) =>
      targets.filter(asksVictoriaLogs).map(({ expr, queryType }) => ({
        where: `${name} / ${title}`,
        logsql: substituted(expr, { ...byDefault, variables: { line: '', ...variables } }),
        answer: answers[queryType as keyof typeof answers],
      })),
    ),
  );
}

/** Panels and marks, with what they ask. */
const askersOf = (json: Dashboard) => [
  ...panelsOf(json),
  ...marksOf(json).map(({ name, target }) => ({ title: name, targets: [target] })),
];

const marksOf = ({ annotations }: Dashboard) =>
  (annotations.list ?? []) as unknown as readonly { readonly name: string; readonly target: Target }[];

function query(
  dashboard: string,
  title: string,
  of: DashboardQuery['of'],
  { refId, expr, instant = false, legendFormat }: Target,
  needs: string | undefined,
  values: Substitution,
): DashboardQuery {
  return {
    where: `${dashboard} / ${title} / ${refId}`,
    dashboard,
    title,
    of,
    promql: substituted(expr, values),
    isInstant: instant,
    needs,
    mayBeEmpty: of === 'annotation' || legendFormat === 'all others' || showsExceptions(expr),
  };
}

/** For alerts, changes between two ranges, and counters that should be zero. */
function showsExceptions(promql: string): boolean {
  if (promql.endsWith('or vector(0)')) return false;
  return /\bALERTS\b|weir_blind|\babsent\(| offset \$__range|\) [<>] 0$/.test(promql);
}

/** As Grafana does: macros first, then variables in each of their three spellings. */
export function substituted(promql: string, { rateInterval, range, variables }: Substitution): string {
  return promql
    .replaceAll('$__rate_interval', rateInterval)
    .replaceAll('$__range', range)
    .replaceAll(/\$\{(\w+)(?::\w+)?\}|\[\[(\w+)\]\]|\$(\w+)/g, (found, ...names) => {
      const name = names.slice(0, 3).find((one) => one !== undefined);
      return /^\d+$/.test(name) ? found : (variables[name] ?? '.*'); // $1 belongs to label_replace
    });
}

/** `label_values(selector, label)`, which Grafana answers from the series, as PromQL. */
function ofVariable(text: string): string {
  const [, selector, label] = /^label_values\((.+), (\w+)\)$/.exec(text) ?? [];
  if (selector === undefined) throw new TypeError(`expected label_values(…); found ${text}`);
  return `group by (${label}) (${selector})`;
}

const needed = (description = '') => /Needs the grouping "(\w+)"/.exec(description)?.[1];

function groupingIn(promql: string): string | undefined {
  const [, grouping] = /weir_flow_([a-z]+)_/.exec(promql) ?? [];
  return grouping === 'workload' ? undefined : grouping;
}
