import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { renderedAlerts } from '../../scripts/alerts.ts';
import { type FlowRecord, FlowType, RuleAction } from '../../src/flow/index.ts';
import { type Alertmanager, startAlertmanager } from '../support/alertmanager.ts';
import { FlowLogger } from '../support/flow-logger.ts';
import { type Loki, startLoki } from '../support/loki.ts';
import { requires } from '../support/requires.ts';
import { until } from '../support/until.ts';
import { startWebhook, type Webhook } from '../support/webhook.ts';

/*
 * The shipped rules in Loki's own ruler, over lines of Weir's own sink, to a real Alertmanager. All is sixty times faster: what says 15m in the
 * rules is 15 seconds here, a day is 24 minutes. Each rule is evaluated every second.
 */
const pace = 60;
const minuteMs = 60_000 / pace;
const dayMs = 1_440 * minuteMs;

const ofPod = (end: 'source' | 'destination', namespace: string, workload: string): FlowRecord => ({
  [`${end}PodNamespace`]: namespace,
  [`${end}PodName`]: `${workload}-6d5f7c9d88-x7k2p`,
  [`${end}NodeName`]: 'node-1',
});

const between = (from: string, to: string): FlowRecord => ({
  ...ofPod('source', 'shop', from),
  ...ofPod('destination', 'shop', to),
  flowType: FlowType.interNode,
});

const outside = (from: string, destinationIP: string): FlowRecord => ({
  ...ofPod('source', 'shop', from),
  ...(destinationIP.includes(':') && { sourceIP: '2001:db8:f00::1' }),
  destinationIP,
  destinationTransportPort: 443,
  flowType: FlowType.toExternal,
});

const denied = (from: string, namespace: string, to: string, policy: string): FlowRecord => ({
  ...ofPod('source', 'shop', from),
  ...ofPod('destination', namespace, to),
  ingressNetworkPolicyNamespace: namespace,
  ingressNetworkPolicyName: policy,
  ingressNetworkPolicyRuleAction: RuleAction.drop,
  flowType: FlowType.interNode,
});

const runbooks = new URL('../../alerts/runbooks/', import.meta.url);
const runbookQueries = () =>
  readdirSync(runbooks).map((page) => {
    const [, query] = /```logql\n([^`]*)\n```/.exec(readFileSync(new URL(page, runbooks), 'utf8'))!;
    return [page, query!] as const;
  });

requires('loki', 'prometheus-alertmanager')("the rules for Loki's ruler", () => {
  let webhook: Webhook;
  let alertmanager: Alertmanager;
  let loki: Loki;
  let logger: FlowLogger;
  /** What is logged four times a second, so that the log is there. */
  const goingOn: FlowRecord[] = [between('web', 'cart')];
  let stopLogging: () => Promise<void>;

  const logNow = (count: number, more: FlowRecord) =>
    logger.log(Array.from({ length: count }, () => logger.flow(Date.now(), more)));

  const logThroughout = (fromMs: number, toMs: number, everyMs: number, ...kinds: FlowRecord[]) => {
    const flows: FlowRecord[] = [];
    for (let endMs = fromMs; endMs < toMs; endMs += everyMs)
      flows.push(...kinds.map((more) => logger.flow(endMs, more)));
    return logger.log(flows);
  };

  function keepLogging(): () => Promise<void> {
    const end = new AbortController();
    const ended = (async () => {
      while (!end.signal.aborted) {
        await logger.log(goingOn.map((more) => logger.flow(Date.now(), more)));
        await delay(250);
      }
    })();
    return () => {
      end.abort();
      return ended;
    };
  }

  const firing = (alert: string, labels: Record<string, string>) =>
    webhook.notified(alert, 'firing', { labels, timeoutMs: 40_000 });
  const resolved = (alert: string, labels: Record<string, string>) =>
    webhook.notified(alert, 'resolved', { labels, timeoutMs: 60_000 });
  /** Values of a label that there have been notifications of. */
  const told = (alert: string, label: string) => [
    ...new Set(
      webhook.notifications
        .flatMap(({ alerts }) => alerts)
        .filter(({ labels }) => labels.alertname === alert)
        .map(({ labels }) => labels[label]),
    ),
  ];

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
    logger = new FlowLogger(loki);
    const began = Date.now();
    const week = 7 * dayMs;
    await logger.log([logger.flow(began - week - 20 * minuteMs, denied('web', 'shop', 'cart', 'forgotten'))]);
    await logger.log([logger.flow(began - dayMs, denied('web', 'shop', 'cart', 'remembered'))]);
    const history = dayMs;
    await logger.log([logger.flow(began - history - 20 * minuteMs, outside('web', '203.0.113.7'))]);
    await logger.log([
      logger.flow(began - history + 200 * minuteMs, outside('web', '198.51.100.7')),
      logger.flow(began - history + 200 * minuteMs, outside('web', '2001:db8:1::7')),
    ]);
    const yesterday = began - dayMs;
    await logThroughout(
      yesterday - 40 * minuteMs,
      yesterday + 240 * minuteMs,
      250,
      between('web', 'cart'),
      between('few', 'many'),
    );
    // Loki, just started, finds what it has after some seconds only; rules that look back would miss it.
    const remembered = '{service_name="weir-flows"} | ingressNetworkPolicyName="remembered"';
    const startNs = BigInt(Math.floor(began - 2 * dayMs)) * 1_000_000n;
    const isFound = async () => (await loki.lines(remembered, { startNs })).length > 0;
    await until('the past to be found', isFound, { timeoutMs: 60_000 });
    stopLogging = keepLogging();
  }, 120_000);

  afterAll(async () => {
    await stopLogging?.();
    await loki?.stop();
    await alertmanager?.stop();
    await webhook?.[Symbol.asyncDispose]();
  });

  it('are all taken and evaluated without an error', async () => {
    const rules = await until('all rules to be evaluated', async () => {
      const all = await loki.rules();
      return all.length === 7 && all.every(({ health }) => health !== 'unknown') && all;
    });
    expect(rules.map(({ name, health, lastError }) => [name, health, lastError ?? ''])).toEqual(
      rules.map(({ name }) => [name, 'ok', '']),
    );
  });

  it('have runbooks, as those for Prometheus have, whose queries Loki answers', async () => {
    const failures: string[] = [];
    for (const [page, query] of runbookQueries()) {
      const asked = query.startsWith('{') ? loki.lines(query) : loki.query(query);
      await asked.catch((error: Error) => failures.push(`${page}: ${error.message}`));
    }
    expect(failures).toEqual([]);
  });

  it('tell of one connection denied to a protected namespace who, from where, to what and by which policy, and end', async () => {
    await logNow(1, denied('web', 'shop', 'cart', 'remembered')); // of no protected namespace
    await logNow(1, {
      ...denied('web', 'kube-system', 'coredns', 'dns-only'),
      destinationTransportPort: 22,
    });
    await logNow(100, denied('scan', 'kube-system', 'etcd', 'etcd-peers'));
    await logNow(99, denied('slow', 'kube-system', 'etcd', 'etcd-peers'));
    const one = { source_workload: 'web', severity: 'warning' };
    const { annotations, labels } = await firing('WeirProtectedNamespaceDenied', one);
    expect(labels).toMatchObject({
      source_namespace: 'shop',
      source_ip: '10.244.1.1',
      destination_namespace: 'kube-system',
      destination_workload: 'coredns',
      protocol: 'TCP',
      port: '22',
      policy: 'kube-system/dns-only',
      subject: 'denied',
    });
    expect(annotations.description).toBe(
      '1 connections of shop/web (10.244.1.1) to kube-system/coredns, TCP port 22, were denied in 5 minutes by the policy kube-system/dns-only.',
    );
    const scan = await firing('WeirProtectedNamespaceDenied', {
      source_workload: 'scan',
      severity: 'critical',
    });
    expect(scan.annotations.description).toMatch(
      /^100 connections of shop\/scan .* to the namespace kube-system were/,
    );
    await firing('WeirProtectedNamespaceDenied', { source_workload: 'slow', severity: 'warning' });
    await resolved('WeirProtectedNamespaceDenied', one);
    await resolved('WeirProtectedNamespaceDenied', { source_workload: 'scan', severity: 'critical' });
    expect(told('WeirProtectedNamespaceDenied', 'destination_namespace')).toEqual(['kube-system']);
    const critical = webhook.notifications
      .flatMap(({ alerts }) => alerts)
      .filter(
        ({ labels }) => labels.severity === 'critical' && labels.alertname === 'WeirProtectedNamespaceDenied',
      );
    expect(new Set(critical.map(({ labels }) => labels.source_workload))).toEqual(new Set(['scan']));
  });

  it('tell of the first denial of a policy in seven days, not of one that denied within them, and end', async () => {
    await logNow(1, denied('web', 'shop', 'cart', 'remembered'));
    await logNow(2, denied('web', 'shop', 'cart', 'forgotten'));
    await logNow(3, denied('web', 'shop', 'cart', 'new'));
    const { annotations } = await firing('WeirPolicyFirstDenial', { policy: 'shop/new' });
    expect(annotations.description).toBe(
      '3 connections were denied in 15 minutes by the policy shop/new, which had denied none in 7d.',
    );
    await firing('WeirPolicyFirstDenial', { policy: 'shop/forgotten' });
    await resolved('WeirPolicyFirstDenial', { policy: 'shop/new' });
    expect(told('WeirPolicyFirstDenial', 'policy')).not.toContain('shop/remembered');
  });

  it('tell of addresses outside that a workload had not talked to in a day, not of ranges that it had, and end', async () => {
    await logNow(1, outside('web', '198.51.100.200'));
    await logNow(1, outside('web', '2001:db8:1:ffff::1'));
    await logNow(1, outside('born-today', '192.0.2.1'));
    await logNow(1, { ...outside('web', '192.0.2.1'), egressNetworkPolicyRuleAction: RuleAction.drop });
    await logNow(1, outside('web', '203.0.113.9'));
    await logNow(4, outside('web', '2001:db8:2::1'));
    const { annotations } = await firing('WeirNewExternalDestination', { destination: '2001:db8:2::/48' });
    expect(annotations.description).toBe(
      'shop/web had 4 flows to 2001:db8:2::/48 in 15 minutes, and none in 1d before.',
    );
    await firing('WeirNewExternalDestination', { destination: '203.0.113.0/24' });
    await resolved('WeirNewExternalDestination', { destination: '2001:db8:2::/48' });
    expect(told('WeirNewExternalDestination', 'destination').sort()).toEqual([
      '2001:db8:2::/48',
      '203.0.113.0/24',
    ]);
    expect(told('WeirNewExternalDestination', 'workload')).toEqual(['web']);
  });

  it('tell of a workload whose lines stop while others come, of a cluster, and of the whole log, each apart', async () => {
    goingOn.push({ ...between('far', 'away'), clusterId: 'blue' });
    await logNow(20, between('web', 'many'));
    await logNow(19, between('few', 'web'));
    await logNow(100, between('nightly', 'web')); // not there yesterday
    const { annotations } = await firing('WeirWorkloadLogAbsent', { workload: 'many' });
    expect(annotations.description).toMatch(/^No flow from or to shop\/many .*there were 20,/);
    await resolved('WeirWorkloadLogAbsent', { workload: 'many' });
    expect(told('WeirFlowLogAbsent', 'alertname')).toEqual([]);

    goingOn.pop();
    const blue = await firing('WeirFlowLogAbsent', { cluster: 'blue' });
    expect(blue.annotations.description).toMatch(/^No line of the cluster blue has come for 10 minutes/);
    await logNow(1, { ...between('far', 'away'), clusterId: 'blue' });
    await resolved('WeirFlowLogAbsent', { cluster: 'blue' });

    await stopLogging();
    const stopped = Date.now();
    const all = await firing('WeirFlowLogAbsent', { service_name: 'weir-flows' });
    expect(all.arrivedAtMs - stopped).toBeGreaterThan(10 * minuteMs);
    await delay(20 * minuteMs); // by then a workload's absence would be told
    expect(told('WeirWorkloadLogAbsent', 'workload')).toEqual(['many']);
    await logNow(1, between('web', 'cart'));
    await resolved('WeirFlowLogAbsent', { service_name: 'weir-flows' });
  }, 240_000);
});
