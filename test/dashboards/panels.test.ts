import { describe, expect, it } from 'vitest';
import {
  asksForLines,
  asksLoki,
  asksVictoriaLogs,
  dashboards,
  isRow,
  panelsOf,
  type ShownPanel,
  sectionsOf,
} from '../support/dashboards.ts';

/** Of Grafana 12 itself, without any plug-in. */
const core = [
  'barchart',
  'bargauge',
  'canvas',
  'gauge',
  'heatmap',
  'histogram',
  'logs',
  'nodeGraph',
  'piechart',
  'row',
  'stat',
  'state-timeline',
  'status-history',
  'table',
  'text',
  'timeseries',
];

const all = dashboards.flatMap(({ name, json }) => panelsOf(json).map((panel) => ({ name, panel })));

/** Where rules do not hold, as 'dashboard / panel'. */
const where = (broken: (panel: ShownPanel) => boolean) =>
  all.filter(({ panel }) => broken(panel)).map(({ name, panel }) => `${name} / ${panel.title}`);

const asks = ({ type }: ShownPanel) => type !== 'text';

describe('a panel', () => {
  it('has a type that Grafana 12 ships', () => {
    expect(where(({ type }) => !core.includes(type))).toEqual([]);
  });

  it('has a title and a description', () => {
    expect(where(({ title = '' }) => title.trim() === '')).toEqual([]);
    expect(
      where(({ description = '' }) => !description.trim().endsWith('.') && !/Measured: /.test(description)),
    ).toEqual([]);
  });

  it('has a title unique in its section', () => {
    for (const { name, json } of dashboards) {
      for (const { row, panels } of sectionsOf(json)) {
        const titles = panels.map(({ title }) => title);
        expect([name, row.title, new Set(titles).size]).toEqual([name, row.title, titles.length]);
      }
    }
  });

  it('has a unit', () => {
    expect(where((panel) => asks(panel) && !panel.fieldConfig?.defaults.unit)).toEqual([]);
  });

  it('uses the data source of the variable, as does each of its queries', () => {
    const sources = {
      prometheus: '$datasource',
      loki: '$loki',
      'victoriametrics-logs-datasource': '$victorialogs',
    };
    for (const { panel } of all.filter(({ panel }) => asks(panel))) {
      const type = panel.datasource!.type as keyof typeof sources;
      expect(panel.datasource).toEqual({ type, uid: sources[type] });
      expect(panel.targets!.length).toBeGreaterThan(0);
      for (const { datasource } of panel.targets!) expect(datasource).toEqual(panel.datasource);
    }
  });

  it('explains what it may need when it has nothing to show', () => {
    expect(where((panel) => asks(panel) && !panel.fieldConfig?.defaults.noValue)).toEqual([]);
    const wrong = where(
      ({ description = '', fieldConfig }) =>
        /Needs the grouping/.test(description) !== /grouping/.test(fieldConfig?.defaults.noValue ?? ''),
    );
    expect(wrong).toEqual([]);
  });

  it('gives each of its queries a letter, or its name in the node graph', () => {
    for (const { panel } of all) {
      const ids = (panel.targets ?? []).map(({ refId }) => refId);
      expect(new Set(ids).size).toBe(ids.length);
      if (panel.type === 'nodeGraph') expect(ids).toEqual(['edges']);
    }
  });

  it('queries either a range or an instant, and a table queries an instant', () => {
    for (const { panel } of all) {
      for (const { instant, range, format } of (panel.targets ?? []).filter((one) => !asksForLines(one))) {
        expect(instant).toBe(!range);
        if (panel.type === 'table' || panel.type === 'nodeGraph') {
          expect({ instant, format }).toEqual({ instant: true, format: 'table' });
        }
      }
    }
  });
});

describe('a panel of lines or of their sums', () => {
  const ofLoki = all.filter(({ panel }) => asksLoki(panel));
  const ofVictoriaLogs = all.filter(({ panel }) => asksVictoriaLogs(panel));
  const servers = [
    { title: 'Loki', panels: ofLoki, asks: asksLoki },
    { title: 'VictoriaLogs', panels: ofVictoriaLogs, asks: asksVictoriaLogs },
  ];

  it('queries a range, but an instant for a table', () => {
    expect(ofLoki.length).toBeGreaterThan(15);
    for (const { panel } of ofLoki) {
      const types = panel.targets!.map(({ queryType }) => queryType);
      expect([panel.title, types]).toEqual([panel.title, [panel.type === 'table' ? 'instant' : 'range']]);
    }
    const types: Record<string, string> = { table: 'stats', timeseries: 'statsRange', logs: 'instant' };
    for (const { panel } of ofVictoriaLogs)
      expect([panel.title, panel.targets!.map(({ queryType }) => queryType)]).toEqual([
        panel.title,
        [types[panel.type]],
      ]);
  });

  it('exists for Loki and for VictoriaLogs, with only the query different', () => {
    const shown = (panels: typeof all) =>
      panels.map(({ name, panel: { type, title, gridPos } }) => [name, type, title, gridPos!.w, gridPos!.h]);
    expect(shown(ofVictoriaLogs)).toEqual(shown(ofLoki));
  });

  it.each(servers)('states that it needs $title, as does its row', ({ title, panels, asks }) => {
    for (const { panel } of panels) expect(panel.description).toContain(`Needs ${title}, `);
    for (const { json } of dashboards) {
      for (const section of sectionsOf(json)) {
        const need = section.panels.some(asks);
        const isSaid = section.row.title!.includes(`(needs ${title})`);
        expect([section.row.title, isSaid]).toEqual([section.row.title, need]);
      }
    }
  });

  it('is folded, so an absent server is not queried', () => {
    for (const { name, json } of dashboards) {
      for (const { row, panels } of sectionsOf(json).filter((section) => section.panels.some(asksForLines)))
        expect([name, row.collapsed, panels.every(asksForLines)]).toEqual([name, true, true]);
    }
  });
});

describe('a table', () => {
  const tables = all.filter(({ panel }) => panel.type === 'table');

  it('gives every column its unit under its new heading', () => {
    for (const { panel } of tables) {
      const organize = panel.transformations!.find(({ id }) => id === 'organize')!;
      const headings = panel.targets!.map(({ refId }) => organize.options.renameByName[`Value #${refId}`]);
      expect(headings).not.toContain(undefined);
      const overrides = new Map(
        panel.fieldConfig!.overrides.map(({ matcher, properties }) => [matcher.options, properties]),
      );
      for (const heading of headings) {
        expect(overrides.get(heading)).toContainEqual({ id: 'unit', value: expect.any(String) });
      }
    }
  });
});

describe('a table of Prometheus', () => {
  it('has column widths, or a minimum below 150 pixels, so the last column is visible', () => {
    const tables = all.filter(({ panel }) => panel.type === 'table' && !asksForLines(panel));
    expect(tables.length).toBeGreaterThan(20);
    for (const { panel } of tables) {
      for (const { matcher, properties } of panel.fieldConfig!.overrides) {
        const sizes = properties.filter(({ id }) => id === 'custom.minWidth' || id === 'custom.width');
        expect([panel.title, matcher.options, sizes.length]).toEqual([panel.title, matcher.options, 1]);
        if (sizes[0]!.id === 'custom.minWidth') expect(sizes[0]!.value).toBeLessThan(150);
      }
    }
  });
});

describe('a column of names', () => {
  it('is text, even for numeric names such as ports', () => {
    for (const { panel } of all.filter(({ panel }) => panel.type === 'table')) {
      const { renameByName } = panel.transformations!.find(({ id }) => id === 'organize')!.options;
      const names = Object.entries<string>(renameByName).filter(([field]) => !field.startsWith('Value'));
      expect(names.length).toBeGreaterThan(0);
      for (const [, heading] of names) {
        const override = panel.fieldConfig!.overrides.find(({ matcher }) => matcher.options === heading)!;
        expect(override.properties).toContainEqual({ id: 'unit', value: 'string' });
      }
    }
  });
});

describe('a line that represents no single object', () => {
  it('has no link', () => {
    for (const { panel } of all.filter(({ panel }) => panel.type === 'timeseries')) {
      if (asksForLines(panel)) continue;
      for (const { refId } of panel.targets!.filter(({ legendFormat }) =>
        /^(all others|threshold)/.test(legendFormat!),
      )) {
        const override = panel.fieldConfig!.overrides.find(({ matcher }) => matcher.options === refId)!;
        expect(override.properties).toContainEqual({ id: 'links', value: [] });
      }
    }
  });
});

describe('a node graph', () => {
  it('has edges with the fields that Grafana requires: id, source, target, mainstat', () => {
    const graphs = all.filter(({ panel }) => panel.type === 'nodeGraph');
    expect(graphs.length).toBeGreaterThan(3);
    for (const { panel } of graphs) {
      const { expr } = panel.targets![0]!;
      for (const field of ['id', 'source', 'target']) expect(expr).toContain(`, "${field}", `);
      expect(panel.transformations).toMatchObject([{ id: 'calculateField', options: { alias: 'mainstat' } }]);
    }
  });
});

describe('the grid', () => {
  it.each(dashboards)('of $name is filled, 24 wide, and no panels overlap', ({ json }) => {
    for (const { row, panels } of sectionsOf(json)) {
      expect(row.gridPos).toMatchObject({ x: 0, w: 24, h: 1 });
      const top = row.gridPos!.y + 1;
      const cells = new Map<string, string>();
      for (const { title, gridPos } of panels) {
        const { x, y, w, h } = gridPos!;
        for (let dy = 0; dy < h; dy++) {
          for (let dx = 0; dx < w; dx++) {
            const cell = `${x + dx},${y + dy}`;
            expect([cell, cells.get(cell)]).toEqual([cell, undefined]);
            cells.set(cell, title!);
          }
        }
      }
      const bottom = Math.max(...panels.map(({ gridPos }) => gridPos!.y + gridPos!.h));
      expect([row.title, cells.size]).toEqual([row.title, 24 * (bottom - top)]);
    }
  });

  it.each(dashboards)('of $name has its rows below each other', ({ json }) => {
    const rows = json.panels!.filter(isRow).map(({ gridPos }) => gridPos!.y);
    expect(rows).toEqual(rows.toSorted((a, b) => a - b));
    expect(new Set(rows).size).toBe(rows.length);
  });

  it.each(dashboards)('of $name begins with an open row', ({ json }) => {
    expect(sectionsOf(json)[0]!.row.collapsed).toBe(false);
  });
});
