import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { deniedLog, podOf } from '../alerts/source/flow-log.ts';
import { batchOf, EndReason, type FlowRecord, FlowType, Protocol, RuleAction } from '../src/flow/index.ts';
import { FlowLogSink } from '../src/logs/index.ts';
import { Exposition } from '../src/metrics/exposition/index.ts';
import { FlowSeries } from '../src/metrics/index.ts';
import { Ledger, Log, systemClock } from '../src/runtime/index.ts';
import { startAlertmanager } from '../test/support/alertmanager.ts';
import { startLoki } from '../test/support/loki.ts';
import type { Need } from '../test/support/needs.ts';
import { startPrometheus } from '../test/support/prometheus.ts';
import { TemporaryDirectory } from '../test/support/temporary-directory.ts';
import { startWebhook } from '../test/support/webhook.ts';
import { type BenchRow, quantileOf } from './measure.ts';

export const title =
  "From a denied connection's record in the aggregator to the page, at the shipped intervals";
export const needs: readonly Need[] = ['loki', 'prometheus', 'prometheus-alertmanager'];

const DENIALS = 8;
/** No divisor of a minute, so that each meets another phase of scrape and evaluation. */
const APART_MS = 37_000;
const SCRAPE_SECONDS = 15;

const rules = {
  metrics: `sum by (source_namespace, source_workload) (weir_flow_workload_denied_flows_total) > 0`,
  lines: `sum by (${podOf('source')}) (count_over_time(${deniedLog} [10m])) > 0`,
};
const rulesOf = (alert: keyof typeof rules) =>
  JSON.stringify({ groups: [{ name: alert, interval: '1m', rules: [{ alert, expr: rules[alert] }] }] });

export async function run(): Promise<BenchRow[]> {
  using directory = new TemporaryDirectory();
  const ruleFile = directory.file('rules.yaml');
  writeFileSync(ruleFile, rulesOf('metrics'));
  await using webhook = await startWebhook();
  await using alertmanager = await startAlertmanager({ webhooks: [webhook.url] });
  const parts = { clock: systemClock, ledger: new Ledger(), log: new Log(systemClock, () => {}) };
  const series = new FlowSeries({}, parts);
  const page = new Exposition({ clock: systemClock, tables: series.tables, head: () => [] });
  const server = createServer((request, response) => void page.handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await using _prometheus = await startPrometheus({
    scrape: { 'weir-aggregator': [`127.0.0.1:${(server.address() as AddressInfo).port}`] },
    intervalSeconds: SCRAPE_SECONDS,
    ruleFiles: [ruleFile],
    alertmanagers: [alertmanager.address],
  });
  await using loki = await startLoki({
    rules: { files: { 'rules.yaml': rulesOf('lines') }, alertmanager: alertmanager.address },
  });
  const sink = new FlowLogSink('loki', { url: loki.url }, parts);
  await sink.start();
  const delaysMs = { metrics: [] as number[], lines: [] as number[] };
  const told: Promise<void>[] = [];
  for (let i = 0; i < DENIALS; i++) {
    const pod = `client-${String.fromCharCode(98 + i)}-6d5f7c9d88-x7k2p`;
    const batch = batchOf([deniedFlow(pod)]);
    const began = Date.now();
    series.classify(i, batch, 0, began, true, true);
    await sink.write(batch);
    const awaitNotification = async (from: keyof typeof rules, labels: Record<string, string>) => {
      const { arrivedAtMs } = await webhook.notified(from, 'firing', { labels, timeoutMs: 240_000 });
      delaysMs[from].push(arrivedAtMs - began);
    };
    told.push(
      awaitNotification('metrics', { source_workload: pod.replace(/-6d5f7c9d88-x7k2p$/, '') }),
      awaitNotification('lines', { sourcePodName: pod }),
    );
    await delay(APART_MS);
  }
  await Promise.all(told);
  await sink.stop(5_000);
  server.closeAllConnections();
  server.close();
  return (['metrics', 'lines'] as const).flatMap((from) => [
    { name: `from ${from}, median of ${DENIALS}`, median: quantileOf(delaysMs[from], 0.5) / 1000, unit: 's' },
    { name: `from ${from}, longest`, median: Math.max(...delaysMs[from]) / 1000, unit: 's' },
  ]);
}

function deniedFlow(pod: string): FlowRecord {
  const now = Date.now();
  return {
    flowStartMilliseconds: now,
    flowEndMilliseconds: now,
    flowEndReason: EndReason.idle,
    sourceIP: '10.244.1.1',
    destinationIP: '10.244.2.1',
    sourceTransportPort: 40_000,
    destinationTransportPort: 5432,
    protocolIdentifier: Protocol.tcp,
    octetDeltaCount: 60,
    packetDeltaCount: 1,
    sourcePodNamespace: 'shop',
    sourcePodName: pod,
    destinationPodNamespace: 'pay',
    destinationPodName: 'db-0',
    ingressNetworkPolicyNamespace: 'pay',
    ingressNetworkPolicyName: 'db',
    ingressNetworkPolicyRuleAction: RuleAction.drop,
    flowType: FlowType.interNode,
  };
}
