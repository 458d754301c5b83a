import { describe, expect, it } from 'vitest';
import { asksVictoriaLogs, dashboards, panelsOf } from '../support/dashboards.ts';
import { dataLinks, explorePanes } from '../support/explore-links.ts';
import { faultsOf } from '../support/logql-check.ts';

const uids = dashboards.map(({ json }) => json.uid);
const variables = dashboards[0]!.json.templating.list!.map(({ name }) => name);

const between = dataLinks.filter(({ url }) => url!.startsWith('/d/'));

describe('links', () => {
  it('between dashboards keep time and variables', () => {
    for (const { json } of dashboards) {
      expect(json.tags).toEqual(['weir']);
      expect(json.links).toMatchObject([
        { type: 'dashboards', tags: ['weir'], includeVars: true, keepTime: true },
      ]);
    }
  });

  it('on series and rows lead to an existing dashboard at the same time', () => {
    expect(between.length).toBeGreaterThan(50);
    for (const { url } of between) {
      const [, uid] = /^\/d\/([\w-]+)\?\$\{__url_time_range\}&/.exec(url!)!;
      expect(uids).toContain(uid);
    }
  });

  it('on series and rows set every shared variable once', () => {
    for (const { url } of between) {
      const set = [...url!.matchAll(/&(?:var-(\w+)=|\$\{(\w+):queryparam\})/g)].map(
        ([, to, kept]) => to ?? kept,
      );
      expect(set.toSorted()).toEqual(variables.filter((name) => name !== 'pod').toSorted());
    }
  });

  it('from a pair lead to its lines in Loki and in VictoriaLogs', () => {
    const pairs = between.filter(({ title }) => title === 'Their single flows');
    for (const title of ['Their lines in Loki', 'Their lines in VictoriaLogs'])
      expect(dataLinks.filter((link) => link.title === title)).toHaveLength(pairs.length);
  });

  it('lead to a dashboard or to Explore', () => {
    const elsewhere = dataLinks.filter((link) => !between.includes(link)).map(({ title }) => title);
    expect(new Set(elsewhere)).toEqual(new Set(['Their lines in Loki', 'Their lines in VictoriaLogs']));
  });

  it('to Explore query the named server in its language, at the same time', () => {
    const panes = explorePanes({ source_workload: 'web', destination_workload: 'my.db' });
    expect(panes.length).toBeGreaterThan(10);
    for (const { title, pane } of panes) {
      const [type, uid] = title.endsWith('Loki')
        ? ['loki', 'loki']
        : ['victoriametrics-logs-datasource', 'victorialogs'];
      expect(pane).toMatchObject({
        datasource: uid,
        queries: [{ datasource: { type, uid }, expr: expect.stringMatching(/web.*my\.db/) }],
        range: { from: '__from', to: '__to' },
      });
      if (type === 'loki') expect(faultsOf(pane.queries[0]!.expr)).toEqual([]);
    }
  });

  it('on series and rows use labels of the panel', () => {
    for (const { json } of dashboards) {
      for (const { title, targets, fieldConfig } of panelsOf(json)) {
        const queries = JSON.stringify(targets ?? []);
        const used = JSON.stringify(fieldConfig ?? {}).matchAll(
          /\$\{__(?:field\.labels|data\.fields)\.(\w+)/g,
        );
        for (const [, label] of used)
          expect([title, queries]).toEqual([title, expect.stringContaining(label!)]);
      }
    }
  });
});

describe('variables', () => {
  it('are the same on all dashboards, so links preserve them', () => {
    for (const { json } of dashboards) {
      expect(json.templating.list!.map(({ name }) => name)).toEqual(variables);
    }
  });

  it('select several values or all, and all matches series without the label', () => {
    for (const { json } of dashboards) {
      for (const variable of json.templating.list!.filter(({ type }) => type === 'query')) {
        expect(variable).toMatchObject({ multi: true, includeAll: true, allValue: '.*', refresh: 2 });
      }
      for (const variable of json.templating.list!.filter(({ type }) => type === 'custom')) {
        expect(variable).toMatchObject({ multi: true, includeAll: true, allValue: '.*' });
      }
    }
  });

  it('are visible only if a query or a visible variable uses them', () => {
    for (const { name, json } of dashboards) {
      const queries = JSON.stringify(panelsOf(json).map(({ targets }) => targets));
      for (const { name: variable, hide, type } of json.templating.list!) {
        if (type === 'datasource' && variable === 'datasource') continue;
        const isUsed = new RegExp(`\\$\\{?${variable}\\b`).test(queries);
        const choosesShown = json.templating.list!.some(
          (other) => other.hide !== 2 && JSON.stringify(other.query ?? '').includes(`$${variable}\\"`),
        );
        expect([name, variable, hide !== 2]).toEqual([name, variable, isUsed || choosesShown]);
      }
    }
  });

  it('are matched as regular expressions, which Grafana escapes', () => {
    for (const { json } of dashboards) {
      for (const { targets = [] } of panelsOf(json)) {
        for (const { expr } of targets) {
          expect(expr).not.toMatch(
            /[^~]"\$(cluster|namespace|workload|peer|pod|node|policy|verdict|flowtype)\b/,
          );
        }
      }
    }
  });

  it('are inserted into LogsQL as escaped regular expressions', () => {
    const put = dashboards
      .flatMap(({ json }) => panelsOf(json).flatMap(({ targets = [] }) => targets.filter(asksVictoriaLogs)))
      .flatMap(({ expr }) => [...expr.matchAll(/\$\{?([a-z]\w*)(?::(\w+))?/g)]);
    expect(put.length).toBeGreaterThan(100);
    for (const [, variable, format] of put)
      expect([variable, format]).toEqual([variable, variable === 'line' ? 'raw' : 'regex']);
  });
});
