import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { RuleAction } from '../../src/flow/index.ts';
import { between, denied, type LoggedCluster, minuteMs, nodeOutside, outside } from './logged-cluster.ts';
import type { Webhook } from './webhook.ts';

/**
 * Tests of the alerts from logs, the same for each log server and rule evaluator. The cluster has logged its
 * past and keeps logging.
 */
export function testLogAlerts(scene: () => { cluster: LoggedCluster; webhook: Webhook }): void {
  const firing = (alert: string, labels: Record<string, string>) =>
    scene().webhook.notified(alert, 'firing', { labels });
  const resolved = (alert: string, labels: Record<string, string>) =>
    scene().webhook.notified(alert, 'resolved', { labels });
  const alerts = (name: string) =>
    scene()
      .webhook.notifications.flatMap((notification) => notification.alerts)
      .filter(({ labels }) => labels.alertname === name);
  /** Values of a label in the notifications of an alert. */
  const told = (alert: string, label: string) => [
    ...new Set(alerts(alert).map(({ labels }) => labels[label])),
  ];

  it('report who was denied a connection to a protected namespace, from where and by which policy, and end', async () => {
    const { cluster } = scene();
    await cluster.logNow(1, denied('web', 'shop', 'cart', 'remembered')); // of no protected namespace
    await cluster.logNow(1, {
      ...denied('web', 'kube-system', 'coredns', 'dns-only'),
      destinationTransportPort: 22,
    });
    await cluster.logNow(100, denied('scan', 'kube-system', 'etcd', 'etcd-peers'));
    await cluster.logNow(99, denied('slow', 'kube-system', 'etcd', 'etcd-peers'));
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
      '1 connections from shop/web (10.244.1.1) to kube-system/coredns, TCP port 22, were denied in 5 minutes by the policy kube-system/dns-only.',
    );
    const scan = await firing('WeirProtectedNamespaceDenied', {
      source_workload: 'scan',
      severity: 'critical',
    });
    expect(scan.annotations.description).toMatch(
      /^100 connections from shop\/scan .* to the namespace kube-system were/,
    );
    await firing('WeirProtectedNamespaceDenied', { source_workload: 'slow', severity: 'warning' });
    await resolved('WeirProtectedNamespaceDenied', one);
    await resolved('WeirProtectedNamespaceDenied', { source_workload: 'scan', severity: 'critical' });
    expect(told('WeirProtectedNamespaceDenied', 'destination_namespace')).toEqual(['kube-system']);
    const critical = alerts('WeirProtectedNamespaceDenied').filter(
      ({ labels }) => labels.severity === 'critical',
    );
    expect(new Set(critical.map(({ labels }) => labels.source_workload))).toEqual(new Set(['scan']));
  });

  it('report the first denial of a policy in seven days, no later one, and end', async () => {
    const { cluster } = scene();
    await cluster.logNow(1, denied('web', 'shop', 'cart', 'remembered'));
    await cluster.logNow(2, denied('web', 'shop', 'cart', 'forgotten'));
    await cluster.logNow(3, denied('web', 'shop', 'cart', 'new'));
    await cluster.logNow(1, {
      ...denied('web', 'shop', 'cart', 'allows'),
      ingressNetworkPolicyRuleAction: RuleAction.allow,
      egressNetworkPolicyName: 'of-the-cluster',
      egressNetworkPolicyRuleAction: RuleAction.reject,
    });
    const { annotations } = await firing('WeirPolicyFirstDenial', { policy: 'shop/new' });
    expect(annotations.description).toBe(
      'The policy shop/new denied 3 connections in 15 minutes, and none in 7d before.',
    );
    await firing('WeirPolicyFirstDenial', { policy: 'shop/forgotten' });
    await firing('WeirPolicyFirstDenial', { policy: 'of-the-cluster' });
    await resolved('WeirPolicyFirstDenial', { policy: 'shop/new' });
    const policies = told('WeirPolicyFirstDenial', 'policy');
    expect(policies).not.toContain('shop/remembered');
    expect(policies).not.toContain('shop/allows');
  });

  it('report outside addresses that a workload had not contacted for a day, no known ranges, and end', async () => {
    const { cluster } = scene();
    await cluster.logNow(1, outside('web', '198.51.100.200'));
    await cluster.logNow(1, outside('web', '2001:db8:1:ffff::1'));
    await cluster.logNow(1, outside('born-today', '192.0.2.1'));
    await cluster.logNow(1, {
      ...outside('web', '192.0.2.1'),
      egressNetworkPolicyRuleAction: RuleAction.drop,
    });
    await cluster.logNow(1, outside('web', '203.0.113.9'));
    await cluster.logNow(2, nodeOutside('node-1', '2001:db8::3'));
    await cluster.logNow(4, outside('web', '2001:db8:2::1'));
    const { annotations } = await firing('WeirNewExternalDestination', { destination: '2001:db8:2::/48' });
    expect(annotations.description).toBe(
      'shop/web had 4 flows to 2001:db8:2::/48 in 15 minutes, and none in 1d before.',
    );
    await firing('WeirNewExternalDestination', { destination: '203.0.113.0/24' });
    const ofNode = await firing('WeirNewExternalDestination', { workload: 'node-1' });
    expect(ofNode.annotations.description).toBe(
      'node-1 had 2 flows to 2001:db8::3 in 15 minutes, and none in 1d before.',
    );
    await resolved('WeirNewExternalDestination', { destination: '2001:db8:2::/48' });
    expect(told('WeirNewExternalDestination', 'destination').sort()).toEqual([
      '2001:db8:2::/48',
      '2001:db8::3',
      '203.0.113.0/24',
    ]);
    expect(told('WeirNewExternalDestination', 'workload').sort()).toEqual(['node-1', 'web']);
  });

  it('report missing lines of a workload, of a cluster, and of the whole log, separately', async () => {
    const { cluster } = scene();
    cluster.goingOn.push({ ...between('far', 'away'), clusterId: 'blue' });
    await cluster.logNow(20, between('web', 'many'));
    await cluster.logNow(19, between('few', 'web'));
    await cluster.logNow(100, between('nightly', 'web')); // not there yesterday
    const { annotations } = await firing('WeirWorkloadLogAbsent', { workload: 'many' });
    expect(annotations.description).toMatch(
      /^No flow from or to shop\/many .* 20 were in the ten minutes before/,
    );
    await resolved('WeirWorkloadLogAbsent', { workload: 'many' });
    expect(told('WeirFlowLogAbsent', 'alertname')).toEqual([]);

    cluster.goingOn.pop();
    const blue = await firing('WeirFlowLogAbsent', { cluster: 'blue' });
    expect(blue.annotations.description).toMatch(
      /^No flow of the cluster blue has been logged for 10 minutes/,
    );
    await cluster.logNow(1, { ...between('far', 'away'), clusterId: 'blue' });
    await resolved('WeirFlowLogAbsent', { cluster: 'blue' });

    await cluster.stopLogging();
    const stopped = Date.now();
    const all = await firing('WeirFlowLogAbsent', { service_name: 'weir-flows' });
    expect(all.arrivedAtMs - stopped).toBeGreaterThan(10 * minuteMs);
    await delay(20 * minuteMs); // long enough for an alert on a missing workload
    expect(told('WeirWorkloadLogAbsent', 'workload')).toEqual(['many']);
    await cluster.logNow(1, between('web', 'cart'));
    await resolved('WeirFlowLogAbsent', { service_name: 'weir-flows' });
  });
}
