import { afterAll, beforeAll, expect, it } from 'vitest';
import { renderedAlerts } from '../../scripts/alerts.ts';
import { type Alertmanager, startAlertmanager } from '../support/alertmanager.ts';
import { FlowLogger } from '../support/flow-logger.ts';
import { testLogAlerts } from '../support/log-alert-tests.ts';
import { LoggedCluster, pace } from '../support/logged-cluster.ts';
import { requires } from '../support/requires.ts';
import { runbookQueries } from '../support/runbook-queries.ts';
import { until } from '../support/until.ts';
import { startVictoriaLogs, type VictoriaLogs } from '../support/victoria-logs.ts';
import { startVmalert, type Vmalert } from '../support/vmalert.ts';
import { startWebhook, type Webhook } from '../support/webhook.ts';

/*
 * The shipped rules in vmalert, over lines of Weir's own sink in VictoriaLogs, to a real Alertmanager. Each
 * rule is evaluated every second.
 */

requires(
  'victoria-logs',
  'vmalert',
  'prometheus-alertmanager',
)('the rules for vmalert', () => {
  let webhook: Webhook;
  let alertmanager: Alertmanager;
  let victoriaLogs: VictoriaLogs;
  let vmalert: Vmalert;
  let cluster: LoggedCluster;

  beforeAll(async () => {
    webhook = await startWebhook();
    alertmanager = await startAlertmanager({ webhooks: [webhook.url] });
    victoriaLogs = await startVictoriaLogs();
    cluster = new LoggedCluster(new FlowLogger({ url: victoriaLogs.url, server: 'victoriaLogs' }));
    await cluster.logPast();
    await victoriaLogs.flush();
    cluster.keepLogging();
    await until('a line', async () => (await victoriaLogs.count('{service_name="weir-flows"} _time:2s')) > 0);
    const files = Object.entries(renderedAlerts(pace))
      .filter(([path]) => path.startsWith('victorialogs/'))
      .map(([path, text]) => [
        path.slice('victorialogs/'.length),
        text.replace(/interval: \w+/g, 'interval: 1s'),
      ]);
    vmalert = await startVmalert({
      rules: Object.fromEntries(files),
      datasource: victoriaLogs.url,
      alertmanager: alertmanager.address,
    });
  });

  afterAll(async () => {
    await cluster?.stopLogging();
    await vmalert?.stop();
    await victoriaLogs?.stop();
    await alertmanager?.stop();
    await webhook?.[Symbol.asyncDispose]();
  });

  it('are all accepted and evaluated without an error', async () => {
    const rules = await until('all rules to be evaluated', async () => {
      const all = await vmalert.rules();
      return all.every(({ lastEvaluation }) => !lastEvaluation.startsWith('0001')) && all;
    });
    expect(rules.map(({ name, health, lastError }) => [name, health, lastError]).sort()).toEqual(
      [
        'WeirFlowLogAbsent',
        'WeirFlowLogAbsent',
        'WeirNewExternalDestination',
        'WeirPolicyFirstDenial',
        'WeirProtectedNamespaceDenied',
        'WeirProtectedNamespaceDenied',
        'WeirWorkloadLogAbsent',
      ].map((name) => [name, 'ok', '']),
    );
    expect((await vmalert.alerts()).filter(({ state }) => state === 'firing')).toEqual([]);
    expect(webhook.notifications).toEqual([]);
  });

  it('have runbooks whose queries VictoriaLogs answers', async () => {
    const failures: string[] = [];
    for (const [page, query] of runbookQueries('logsql'))
      await victoriaLogs.query(query).catch((error: Error) => failures.push(`${page}: ${error.message}`));
    expect(failures).toEqual([]);
  });

  testLogAlerts(() => ({ cluster, webhook }));
});
