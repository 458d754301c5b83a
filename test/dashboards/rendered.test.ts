import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { renderDashboards } from '../../grafana-dashboards/source/index.ts';
import { dashboards, panelsOf } from '../support/dashboards.ts';

const folder = join(import.meta.dirname, '../../grafana-dashboards');
const rendered = renderDashboards();

describe('the committed dashboards', () => {
  it.each(Object.entries(rendered))(
    'equal the output of the source (npm run dashboards writes them): %s',
    (file, json) => {
      expect(readFileSync(join(folder, file), 'utf8')).toBe(json);
    },
  );

  it('are the only files', () => {
    expect(globSync('*.json', { cwd: folder }).sort()).toEqual(Object.keys(rendered).sort());
  });

  it('have stable ids, from the names of their files', () => {
    for (const { name, json } of dashboards) {
      expect(json.uid).toBe(`weir-${name}`);
      expect(json.uid!.length).toBeLessThanOrEqual(40);
      expect(json.id ?? null).toBeNull();
    }
  });

  it('have titles that differ', () => {
    const titles = dashboards.map(({ json }) => json.title);
    expect(new Set(titles).size).toBe(titles.length);
  });

  it('have the schema that Grafana 12 reads', () => {
    for (const { json } of dashboards) expect(json.schemaVersion).toBe(42);
  });

  it('number their panels and rows uniquely', () => {
    for (const { json } of dashboards) {
      const ids = [...panelsOf(json), ...json.panels!.filter(({ type }) => type === 'row')].map(
        ({ id }) => id,
      );
      expect(ids.every((id) => Number.isInteger(id) && id! > 0)).toBe(true);
      expect(new Set(ids).size).toBe(ids.length);
    }
  });

  it('contain no secret, no address and no place name', () => {
    for (const { name } of dashboards) {
      const text = readFileSync(join(folder, `${name}.json`), 'utf8');
      expect(text).not.toMatch(/password|token|secret|basicAuth|localhost|127\.0\.0\.1/i);
    }
  });

  it('mark alerts and roll-outs on their graphs, in a form that every Grafana 12 reads', () => {
    for (const { json } of dashboards) {
      expect(json.annotations.list!.map(({ name, hide, enable }) => [name, enable, hide])).toEqual([
        ['Alerts', true, false],
        ['Roll-outs', true, false],
        ['Kubernetes events in Loki', true, true],
        ['Kubernetes events in VictoriaLogs', true, true],
      ]);
      const [alerts, rollOuts, inLoki] = json.annotations.list!;
      for (const { expr, target } of [alerts!, rollOuts!])
        expect(target).toMatchObject({ expr, range: true });
      expect(inLoki!.target).toMatchObject({ expr: inLoki!.expr });
    }
  });

  it('describe their questions and their groupings', () => {
    for (const { json } of dashboards) expect(json.description).toMatch(/need[s ].*(grouping|rule files)/i);
  });
});
