import { writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { startAlertmanager } from '../../support/alertmanager.ts';
import { startMetricsPage } from '../../support/metrics-page.ts';
import { startPrometheus } from '../../support/prometheus.ts';
import { requires } from '../../support/requires.ts';
import { TemporaryDirectory } from '../../support/temporary-directory.ts';
import { until } from '../../support/until.ts';
import { startWebhook } from '../../support/webhook.ts';

const rules = {
  groups: [
    {
      name: 'garden',
      rules: [
        {
          alert: 'CarrotsGone',
          expr: 'carrots == 0',
          labels: { severity: 'warning' },
          annotations: { summary: 'No carrots at {{ $labels.instance }}' },
        },
      ],
    },
  ],
};

requires('prometheus', 'prometheus-alertmanager')('an alert', () => {
  it('reaches a webhook when it fires and when it resolves', async () => {
    using directory = new TemporaryDirectory();
    const ruleFile = directory.file('rules.yml');
    writeFileSync(ruleFile, JSON.stringify(rules));
    await using page = await startMetricsPage('carrots 3\n');
    await using webhook = await startWebhook();
    await using alertmanager = await startAlertmanager({ webhooks: [webhook.url] });
    await using prometheus = await startPrometheus({
      scrape: { garden: [page.address] },
      ruleFiles: [ruleFile],
      alertmanagers: [alertmanager.address],
    });
    await until('a scrape', async () => (await prometheus.query('carrots == 3')).length > 0);
    expect(await prometheus.alerts()).toEqual([]);
    expect(webhook.notifications).toEqual([]);

    const goneAtMs = Date.now();
    page.text = 'carrots 0\n';
    const fired = await webhook.notified('CarrotsGone', 'firing');
    const labels = { alertname: 'CarrotsGone', severity: 'warning', job: 'garden', instance: page.address };
    expect(fired).toMatchObject({ labels, annotations: { summary: `No carrots at ${page.address}` } });
    expect(fired.arrivedAtMs - goneAtMs).toBeGreaterThan(0);
    expect(await prometheus.alerts()).toMatchObject([{ labels, state: 'firing' }]);
    expect(await alertmanager.alerts()).toMatchObject([{ labels, status: { state: 'active' } }]);

    page.text = 'carrots 9\n';
    const over = await webhook.notified('CarrotsGone', 'resolved');
    expect(over.arrivedAtMs).toBeGreaterThan(fired.arrivedAtMs);
    expect(await prometheus.alerts()).toEqual([]);
  });
});
