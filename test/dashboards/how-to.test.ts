import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { renderDashboards } from '../../grafana-dashboards/source/index.ts';
import { loadAggregatorSettings } from '../../src/cli/config/index.ts';
import { groupingNames } from '../../src/metrics/index.ts';
import { dashboardQueries } from '../support/dashboard-queries.ts';
import { dashboards } from '../support/dashboards.ts';

const page = readFileSync(new URL('../../docs/how-to/dashboards.md', import.meta.url), 'utf8');
const configurations = [...page.matchAll(/```yaml\n([^`]+)```/g)].map(([, text]) => text!);
const rows = [...page.matchAll(/^\| (.+?) \| (.+?) \| (.+?) \|$/gm)].slice(1).map(([, ...cells]) => cells);

describe('docs/how-to/dashboards.md', () => {
  it('lists every dashboard', () => {
    const titles = dashboards.map(({ json }) => json.title!.replace('Weir / ', ''));
    expect(rows.map(([title]) => title).toSorted()).toEqual(titles.toSorted());
  });

  it('states which groupings each needs', () => {
    for (const { name, json } of dashboards.filter((one) => one.name !== 'saturation-and-quiet')) {
      const [, , groupings] = rows.find(([title]) => json.title === `Weir / ${title}`)!;
      const told = groupingNames.filter((grouping) => groupings!.includes(`\`${grouping}\``));
      const needed = dashboardQueries()
        .filter(({ dashboard, of }) => dashboard === name && of === 'panel')
        .map(({ needs }) => needs);
      expect([name, new Set(told)]).toEqual([name, new Set(needed.filter((one) => one !== undefined))]);
    }
  });

  it('has configurations that the aggregator accepts', () => {
    expect(configurations).toHaveLength(2);
    for (const text of configurations) {
      expect(loadAggregatorSettings(text, 'aggregator.yaml').notes.filter(({ stops }) => stops)).toEqual([]);
    }
  });

  it('has a user-defined metric that gets its panel', () => {
    const { defined } = loadAggregatorSettings(configurations[1]!, 'aggregator.yaml').settings.flowSeries;
    expect(renderDashboards(defined)['overview.json']).toContain('Name look-ups by workload');
  });
});
