import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { recordedNames } from '../../grafana-dashboards/source/index.ts';
import { groupingNames, groupings, labels, measuresOf, processMetrics } from '../../src/metrics/index.ts';
import { dashboardQueries } from '../support/dashboard-queries.ts';
import { dashboards, panelsOf } from '../support/dashboards.ts';
import { checkRules } from '../support/promtool.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';

/** What other programs tell, each with why it is used. */
const foreign: Readonly<Record<string, string>> = {
  up: "Prometheus's own: whether a scrape succeeded",
  ALERTS: "Prometheus's own: alerts that wait or fire",
  kube_deployment_status_observed_generation: 'of kube-state-metrics, for marks; nothing depends on it',
};

const queries = dashboardQueries();

/** Names that stand where a metric stands: before a brace or a bracket, or alone. */
function metricsIn(promql: string): string[] {
  const bare = promql
    .replaceAll(/"(?:[^"\\]|\\.)*"/g, '""')
    .replaceAll(/\b(?:by|on|ignoring|group_left|group_right|without)\s*\([^)]*\)/g, ' ')
    .replaceAll(/\{[^}]*\}/g, ' ')
    .replaceAll(/\[[^\]]*\]/g, ' ')
    .replaceAll(/\boffset\s+\w+/g, ' ')
    .replaceAll(/[a-zA-Z_]\w*\s*\(/g, '(');
  const words = ['and', 'or', 'unless', 'bool', 'offset', 'Inf', 'NaN'];
  return [...bare.matchAll(/[a-zA-Z_][\w:]*/g)].map(([name]) => name).filter((name) => !words.includes(name));
}

describe('every query', () => {
  it('names metrics of Weir, of its rules, or of another known program', () => {
    const histograms = Object.entries(processMetrics).filter(([, { type }]) => type === 'histogram');
    const known = new Set([
      ...groupingNames.flatMap(measuresOf).map(({ name }) => name),
      ...Object.keys(processMetrics),
      ...histograms.flatMap(([name]) => [`${name}_bucket`, `${name}_sum`, `${name}_count`]),
      ...recordedNames,
      ...Object.keys(foreign),
    ]);
    const unknown = queries.flatMap(({ where, promql }) =>
      metricsIn(promql)
        .filter((name) => !known.has(name))
        .map((name) => `${where}: ${name}`),
    );
    expect(unknown).toEqual([]);
  });

  it('uses labels of the grouping', () => {
    const wrong = queries.flatMap(({ where, promql }) =>
      [...promql.matchAll(/weir_flow_([a-z]+)_\w+_total\{([^}]*)\}/g)].flatMap(([, grouping, matchers]) =>
        [...matchers!.matchAll(/(\w+)(?:=~|!=|!~|=)"/g)]
          .map(([, label]) => label!)
          .filter((label) => !has(grouping!, label))
          .map((label) => `${where}: ${grouping} has no ${label}`),
      ),
    );
    expect(wrong).toEqual([]);
  });

  it('sums within one family of flow metrics, so nothing counts twice', () => {
    const mixed = queries.filter(({ promql }) => {
      const groupings = [...promql.matchAll(/weir_flow_([a-z]+)_\w+_total/g)].map(([, grouping]) => grouping);
      return new Set(groupings).size > 1;
    });
    expect(mixed.map(({ where }) => where)).toEqual([]);
  });

  it('uses only the increase of counters, except for expired series', () => {
    const bare = queries.filter(
      ({ promql, of }) =>
        of === 'panel' &&
        [...promql.matchAll(/(\w+)\((weir_\w+_total)\b/g)].some(
          ([, before, metric]) =>
            !['rate', 'increase'].includes(before!) && !metric!.startsWith('weir_metrics_expired_'),
        ),
    );
    expect(
      bare.filter(({ dashboard }) => dashboard !== 'saturation-and-quiet').map(({ where }) => where),
    ).toEqual([]);
  });

  it('has no unresolved placeholder', () => {
    expect(queries.filter(({ promql }) => /\$(?!\d)/.test(promql)).map(({ where }) => where)).toEqual([]);
  });

  it('uses variables of its dashboard', () => {
    const undefinedOnes = dashboards.flatMap(({ name, json }) => {
      const defined = json.templating.list!.map((variable) => variable.name);
      const used = panelsOf(json).flatMap(({ targets = [] }) =>
        targets.flatMap(({ expr }) =>
          [...expr.matchAll(/\$\{?([a-z]\w*)/g)].map(([, variable]) => variable!),
        ),
      );
      return used.filter((variable) => !defined.includes(variable)).map((variable) => `${name}: ${variable}`);
    });
    expect(undefinedOnes).toEqual([]);
  });

  it('ranks by the whole range, not anew at each step', () => {
    const flickering = queries.filter(
      ({ promql, isInstant }) =>
        !isInstant && /\b(top|bottom)k\(/.test(promql) && !promql.includes('@ end()'),
    );
    expect(flickering.map(({ where }) => where)).toEqual([]);
  });

  it('for a share that needs a grouping names the grouping', () => {
    const silent = queries.filter(({ promql, needs, of, dashboard }) => {
      const [, grouping = 'workload'] = /weir_flow_([a-z]+)_\w+_total/.exec(promql) ?? [];
      return of === 'panel' && dashboard !== 'saturation-and-quiet' && grouping !== (needs ?? 'workload');
    });
    expect(silent.map(({ where }) => where)).toEqual([]);
  });
});

function has(grouping: string, label: string): boolean {
  const table: Readonly<Record<string, { labels: readonly string[] }>> = groupings;
  return label in labels && (table[grouping]?.labels.includes(label) ?? false);
}

describe('every metric about Weir itself', () => {
  it('is on a dashboard', () => {
    const text = queries.map(({ promql }) => promql).join('\n');
    const alsoPlain = ['weir_event_loop_delay_p50_seconds']; // its 99th percentile is shown
    const unused = Object.keys(processMetrics).filter(
      (name) => !new RegExp(`\\b${name}(_bucket)?\\b`).test(text) && !alsoPlain.includes(name),
    );
    expect(unused).toEqual([]);
  });
});

requires('promtool')('Prometheus', () => {
  it('parses every query', async () => {
    using directory = new TemporaryDirectory();
    const file = directory.file('queries.yaml');
    // promtool names what it does not understand by the name of its rule
    const rules = queries.map(({ promql }, index) => ({
      record: `dashboard:query_${index}:value`,
      expr: promql,
    }));
    writeFileSync(file, stringify({ groups: [{ name: 'dashboards', rules }] }, { lineWidth: 0 }));
    await expect(checkRules(file)).resolves.toContain(`${queries.length} rules found`);
  });
});
