import { describe, expect, it } from 'vitest';
import { alertRules } from '../../grafana-dashboards/source/index.ts';
import { dashboards, sectionsOf } from '../support/dashboards.ts';

const { json } = dashboards.find(({ name }) => name === 'saturation-and-quiet')!;
const sections = sectionsOf(json);
const sectionOf = (alert: string) => sections.filter(({ row }) => row.title!.startsWith(`${alert}: `));

describe('the dashboard of alerts', () => {
  it.each(alertRules)('has a section for $name', ({ name, summary }) => {
    expect(sectionOf(name)).toHaveLength(1);
    expect(sectionOf(name)[0]!.row.title).toBe(`${name}: ${summary}`);
  });

  it.each(alertRules)(
    'draws the values that $name compares, with a threshold for each severity',
    ({ name, variants }) => {
      const { panels } = sectionOf(name)[0]!;
      const { conditions, promql } = variants[0]!;
      expect(panels).toHaveLength(Math.max(1, conditions.length));
      if (conditions.length === 0) expect(panels[0]!.targets).toMatchObject([{ expr: promql }]);
      for (const [index, { left }] of conditions.entries()) {
        const [measured, ...thresholds] = panels[index]!.targets!;
        expect(measured!.expr).toContain(left);
        expect(thresholds.map(({ legendFormat }) => legendFormat)).toEqual(
          variants.map(({ severity }) => `threshold (${severity})`),
        );
      }
    },
  );

  it('compares with the same threshold series as the rules', () => {
    for (const { name, variants } of alertRules) {
      const drawn = JSON.stringify(sectionOf(name)[0]!.panels.map(({ targets }) => targets));
      const compared = variants.flatMap(({ promql }) => promql.match(/[\w:]*threshold[\w:]*/g) ?? []);
      const behindUnless = /unless.*$/s.exec(variants[0]!.promql)?.[0] ?? '';
      for (const series of compared.filter((one) => !behindUnless.includes(one))) {
        expect([name, drawn]).toEqual([name, expect.stringContaining(series)]);
      }
    }
  });

  it('links each alert to its runbook if that has an address', () => {
    for (const { name, runbook } of alertRules) {
      expect(runbook).toContain(name);
      const expected = /^https?:/.test(runbook!) ? [{ url: runbook }] : [];
      for (const { links = [] } of sectionOf(name)[0]!.panels) expect(links).toMatchObject(expected);
    }
  });
});
