import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { dashboards } from '../support/dashboards.ts';

const provisioned = (file: string) =>
  parse(readFileSync(join(import.meta.dirname, '../../grafana-dashboards/provisioning', file), 'utf8'));

describe('the provisioning example', () => {
  it('has a data source of the type of all dashboards', () => {
    const { apiVersion, datasources } = provisioned('datasources/prometheus.yaml');
    expect(apiVersion).toBe(1);
    expect(datasources).toMatchObject([{ type: 'prometheus', access: 'proxy', isDefault: true }]);
    for (const { json } of dashboards) {
      expect(json.templating.list![0]).toMatchObject({
        name: 'datasource',
        type: 'datasource',
        query: 'prometheus',
      });
    }
  });

  it('has a Loki for the log panels', () => {
    const { apiVersion, datasources } = provisioned('datasources/loki.yaml');
    expect(apiVersion).toBe(1);
    expect(datasources).toMatchObject([{ type: 'loki', access: 'proxy' }]);
    for (const { json } of dashboards)
      expect(json.templating.list![1]).toMatchObject({ name: 'loki', type: 'datasource', query: 'loki' });
  });

  it('has a VictoriaLogs for the same panels', () => {
    const { apiVersion, datasources } = provisioned('datasources/victorialogs.yaml');
    expect(apiVersion).toBe(1);
    expect(datasources).toMatchObject([{ type: 'victoriametrics-logs-datasource', access: 'proxy' }]);
    for (const { json } of dashboards)
      expect(json.templating.list![2]).toMatchObject({
        name: 'victorialogs',
        type: 'datasource',
        query: 'victoriametrics-logs-datasource',
      });
  });

  it('contains no credentials', () => {
    for (const name of ['prometheus', 'loki', 'victorialogs'])
      expect(JSON.stringify(provisioned(`datasources/${name}.yaml`))).not.toMatch(/secure|password|token/i);
  });

  it('loads files that are complete dashboards', () => {
    const { apiVersion, providers } = provisioned('dashboards/weir.yaml');
    expect(apiVersion).toBe(1);
    expect(providers).toMatchObject([{ type: 'file', options: { path: expect.stringMatching(/^\//) } }]);
    for (const { json } of dashboards) expect(json).toHaveProperty('panels');
  });
});
