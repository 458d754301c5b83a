import { afterAll, beforeAll, expect, it } from 'vitest';
import { renderedAlerts } from '../../scripts/alerts.ts';
import { type Alertmanager, startAlertmanager } from '../support/alertmanager.ts';
import { FlowLogger } from '../support/flow-logger.ts';
import { testLogAlerts } from '../support/log-alert-tests.ts';
import { dayMs, LoggedCluster, pace } from '../support/logged-cluster.ts';
import { type Loki, startLoki } from '../support/loki.ts';
import { requires } from '../support/requires.ts';
import { runbookQueries } from '../support/runbook-queries.ts';
import { provesLogql } from '../support/shipped-logql-renewal.ts';
import { until } from '../support/until.ts';
import { startWebhook, type Webhook } from '../support/webhook.ts';

/*
 * The shipped rules in Loki's own ruler, over lines of Weir's own sink, to a real Alertmanager. Each rule is
 * evaluated every second.
 */

requires('loki', 'prometheus-alertmanager')("the rules for Loki's ruler", () => {
  let webhook: Webhook;
  let alertmanager: Alertmanager;
  let loki: Loki;
  let cluster: LoggedCluster;

  beforeAll(async () => {
    webhook = await startWebhook();
    alertmanager = await startAlertmanager({ webhooks: [webhook.url] });
    const files = Object.entries(renderedAlerts(pace))
      .filter(([path]) => path.startsWith('loki/'))
      .map(([path, text]) => [path.slice('loki/'.length), text.replace(/interval: \w+/g, 'interval: 1s')]);
    loki = await startLoki({
      rules: { files: Object.fromEntries(files), alertmanager: alertmanager.address },
      more: { ruler: { poll_interval: '1s', resend_delay: '1s' } },
    });
    cluster = new LoggedCluster(new FlowLogger({ url: loki.url }));
    const began = Date.now();
    await cluster.logPast();
    // A Loki that has just started finds its lines only after some seconds; rules that look back would miss
    // them.
    const remembered = '{service_name="weir-flows"} | ingressNetworkPolicyName="remembered"';
    const startNs = BigInt(Math.floor(began - 2 * dayMs)) * 1_000_000n;
    const isFound = async () => (await loki.lines(remembered, { startNs })).length > 0;
    await until('the past to be found', isFound);
    cluster.keepLogging();
  });

  afterAll(async () => {
    await cluster?.stopLogging();
    await loki?.stop();
    await alertmanager?.stop();
    await webhook?.[Symbol.asyncDispose]();
  });

  provesLogql(() => loki, ['alerts/loki/', 'alerts/runbooks/']);

  it('are all accepted and evaluated without an error', async () => {
    const rules = await until('all rules to be evaluated', async () => {
      const all = await loki.rules();
      return all.length === 7 && all.every(({ health }) => health !== 'unknown') && all;
    });
    expect(rules.map(({ name, health, lastError }) => [name, health, lastError ?? ''])).toEqual(
      rules.map(({ name }) => [name, 'ok', '']),
    );
  });

  it('have runbooks whose queries Loki answers', async () => {
    const failures: string[] = [];
    for (const [page, query] of runbookQueries('logql')) {
      const asked = query.startsWith('{') ? loki.lines(query) : loki.query(query);
      await asked.catch((error: Error) => failures.push(`${page}: ${error.message}`));
    }
    expect(failures).toEqual([]);
  });

  testLogAlerts(() => ({ cluster, webhook }));
});
