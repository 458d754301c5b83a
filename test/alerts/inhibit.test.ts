import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { startAlertmanager } from '../support/alertmanager.ts';
import { HttpApi } from '../support/http-api.ts';
import { requires } from '../support/requires.ts';
import { until } from '../support/until.ts';

const inhibition = parse(
  readFileSync(new URL('../../alerts/alertmanager/inhibit.yaml', import.meta.url), 'utf8'),
);

const alerts = {
  'agent down': { alertname: 'WeirAgentDown', subject: 'pipeline', instance: 'node-1:9465' },
  'exporter silent': { alertname: 'WeirExporterSilent', subject: 'pipeline', cluster: 'a', exporter: 'x' },
  'nothing comes in b': { alertname: 'WeirNoRecords', subject: 'pipeline', cluster: 'b' },
  'exporter silent in b': {
    alertname: 'WeirExporterSilent',
    subject: 'pipeline',
    cluster: 'b',
    exporter: 'y',
  },
  'a Service': { alertname: 'WeirServiceSilent', subject: 'quiet', namespace: 'shop', service: 'cart' },
  'a workload elsewhere': {
    alertname: 'WeirWorkloadSilent',
    subject: 'quiet',
    cluster: 'c',
    namespace: 'shop',
    workload: 'cart',
  },
  'the same, quiet': {
    alertname: 'WeirWorkloadQuiet',
    subject: 'quiet',
    cluster: 'c',
    namespace: 'shop',
    workload: 'cart',
  },
};

requires('prometheus-alertmanager')('Alertmanager with the shipped inhibition', () => {
  it('hides consequences of an alert, and no quiet alert of another node or cluster', async () => {
    await using alertmanager = await startAlertmanager({ more: inhibition });
    const api = new HttpApi(`http://${alertmanager.address}`);
    const told = Object.values(alerts).map((labels) => ({ labels: { severity: 'warning', ...labels } }));
    const json = { 'content-type': 'application/json' };
    expect(await api.send('POST', '/api/v2/alerts', json, JSON.stringify(told))).toMatchObject({
      status: 200,
    });
    const stateOf = async () => {
      const all = await alertmanager.alerts();
      return Object.fromEntries(
        Object.entries(alerts).map(([name, labels]) => [
          name,
          all.find((one) => Object.entries(labels).every(([label, value]) => one.labels[label] === value))
            ?.status.state,
        ]),
      );
    };
    await until('all alerts are looked at', async () =>
      Object.values(await stateOf()).every((state) => state === 'active' || state === 'suppressed'),
    );
    const suppressed = ['exporter silent in b', 'the same, quiet'];
    expect(await stateOf()).toEqual(
      Object.fromEntries(
        Object.keys(alerts).map((name) => [name, suppressed.includes(name) ? 'suppressed' : 'active']),
      ),
    );
  });
});
