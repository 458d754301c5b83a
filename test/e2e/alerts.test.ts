import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { agentFile } from '../support/agent-file.ts';
import { type Alertmanager, startAlertmanager } from '../support/alertmanager.ts';
import { writeFasterRules } from '../support/faster-rules.ts';
import { loadRules } from '../support/nftables.ts';
import type { Program } from '../support/program.ts';
import { type Prometheus, startPrometheus } from '../support/prometheus.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { type TwoNodes, twoNodes } from '../support/topology.ts';
import {
  exchangeTcp,
  startTcpClient,
  startTcpServer,
  startUdpBlast,
  startUdpSink,
} from '../support/traffic.ts';
import { until } from '../support/until.ts';
import { startWebhook, type Webhook } from '../support/webhook.ts';
import { startWeir } from '../support/weir.ts';

/*
 * The whole way to a page: real traffic of two nodes, their agents, the aggregator, and a receiver of pages.
 * Prometheus and Alertmanager have the shipped rules. The rules run sixty times faster: an hour is a minute.
 * As on a trial without weeks of history, the last six hours count as usual (quiet_weeks is 0).
 */

const pace = 60;
const port = { work: 8080, trickle: 8081, blast: 9000 };
const linkOctetsPerSecond = 1_000_000;

/** The underlay of node a carries at most this much. Prometheus's scrapes are no flows. */
const limited = `table inet limited {
  chain forward {
    type filter hook forward priority 0
    oifname "underlay" limit rate over ${linkOctetsPerSecond} bytes/second burst 50000 bytes drop
  }
}`;
const unscraped = `table inet unscraped {
  chain in { type filter hook prerouting priority raw; iifname "manage" notrack; }
  chain out { type filter hook output priority raw; oifname "manage" notrack; }
}`;

class Scene implements AsyncDisposable {
  readonly nodes: TwoNodes;
  readonly webhook: Webhook;
  readonly alertmanager: Alertmanager;
  readonly prometheus: Prometheus;
  readonly #directory: TemporaryDirectory;

  private constructor(
    nodes: TwoNodes,
    webhook: Webhook,
    alertmanager: Alertmanager,
    prometheus: Prometheus,
    directory: TemporaryDirectory,
  ) {
    this.nodes = nodes;
    this.webhook = webhook;
    this.alertmanager = alertmanager;
    this.prometheus = prometheus;
    this.#directory = directory;
  }

  static async make(): Promise<Scene> {
    const directory = new TemporaryDirectory();
    const nodes = await twoNodes();
    const { aggregator: namespace } = nodes;
    for (const { node } of [nodes.a, nodes.b]) await loadRules(node, unscraped);
    await loadRules(nodes.a.node, limited);
    for (const each of [port.work, port.trickle]) await startTcpServer(nodes.b.client, { port: each });
    await startUdpSink(nodes.b.client, port.blast);
    await startWeir(namespace, 'aggregator', aggregatorFile, directory);
    await startWeir(nodes.a.node, 'agent', measuredAgentFile(nodes, 'a'), directory);
    await startWeir(nodes.b.node, 'agent', measuredAgentFile(nodes, 'b'), directory);
    const webhook = await startWebhook(namespace);
    const inhibition = parse(
      readFileSync(new URL('../../alerts/alertmanager/inhibit.yaml', import.meta.url), 'utf8'),
    );
    const alertmanager = await startAlertmanager({
      namespace,
      webhooks: [webhook.url],
      // Alerts of one fault begin within seconds of each other, so a waiting receiver gets only the first
      // cause.
      route: { group_wait: '4s', group_interval: '1s', repeat_interval: '1h' },
      more: inhibition,
    });
    const prometheus = await startPrometheus({
      namespace,
      scrape: {
        'weir-aggregator': ['127.0.0.1:9464'],
        'weir-agent': [`${nodes.a.manageAddress.v4}:9465`, `${nodes.b.manageAddress.v4}:9465`],
      },
      intervalSeconds: 1,
      ruleFiles: writeFasterRules(directory, pace),
      alertmanagers: [alertmanager.address],
    });
    return new Scene(nodes, webhook, alertmanager, prometheus, directory);
  }

  /** Half a megabyte a second from client a to client b for this long. */
  async work(seconds: number): Promise<void> {
    const host = this.nodes.b.clientAddress.v4;
    const connections = seconds * 20;
    const each = { octets: 25_000, concurrency: 4, holdMs: 190 };
    await exchangeTcp(this.nodes.a.client, {
      host,
      port: port.work,
      connections,
      timeoutMs: 300_000,
      ...each,
    });
  }

  /**
   * A small connection each second, like health checks: agents have something to report, but too little to
   * count as traffic.
   */
  trickle(): Program {
    const host = this.nodes.b.clientAddress.v4;
    const each = { octets: 10, connections: 600, holdMs: 1_000 };
    return startTcpClient(this.nodes.a.client, { host, port: port.trickle, ...each });
  }

  /** One and a half times the capacity of the link. */
  flood(seconds: number): Program {
    const octets = 1_200;
    const perSecond = (1.5 * linkOctetsPerSecond) / octets;
    const host = this.nodes.b.clientAddress.v4;
    return startUdpBlast(this.nodes.a.client, {
      host,
      port: port.blast,
      octets,
      perSecond,
      datagrams: seconds * perSecond,
    });
  }

  /**
   * Names of the alerts on a subject that were paged after this time, in milliseconds since 1970.
   */
  paged(subject: string, sinceMs = 0): string[] {
    const alerts = this.webhook.notifications.flatMap(({ alerts, arrivedAtMs }) =>
      arrivedAtMs > sinceMs ? alerts : [],
    );
    const names = alerts
      .filter(({ labels }) => labels.subject === subject)
      .map(({ labels }) => labels.alertname!);
    return [...new Set(names)];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.prometheus.stop();
    await this.alertmanager.stop();
    await this.webhook[Symbol.asyncDispose]();
    await this.nodes.close();
    this.#directory[Symbol.dispose]();
  }
}

const aggregatorFile = {
  aggregatorTransportProtocol: 'tcp',
  activeFlowRecordTimeout: '2s',
  weir: { metrics: { groupings: ['node', 'workload'] } },
};

function measuredAgentFile(nodes: TwoNodes, site: 'a' | 'b'): object {
  return agentFile(nodes, site, {
    weir: {
      linkCapacities: [{ link: 'underlay', bitsPerSecond: 8 * linkOctetsPerSecond }],
      metrics: { listen: '0.0.0.0:9465' },
    },
  });
}

requires(
  'namespaces',
  'nft',
  'ethtool',
  'prometheus',
  'prometheus-alertmanager',
)('the delay of a page', () => {
  let scene: Scene;

  beforeAll(async () => {
    scene = await Scene.make();
  });

  afterAll(() => scene?.[Symbol.asyncDispose]());

  it('is short when the traffic stops, and the page resolves when it returns', async () => {
    const { webhook, prometheus } = scene;
    await using _trickle = scene.trickle();
    await scene.work(75);
    const stoppedAt = Date.now();
    expect(scene.paged('quiet')).toEqual([]);
    const page = await webhook.notified('WeirClusterSilent', 'firing');
    // Five minutes until the rate is zero, and five in which it must stay zero. Half an hour more if a scrape
    // took too long in between. All sixty times faster.
    expect(page.arrivedAtMs - stoppedAt).toBeLessThan(60_000);
    expect(page.labels.severity).toBe('critical');
    expect(page.annotations.runbook_url).toMatch(/WeirClusterSilent\.md$/);
    expect(page.annotations.description).toMatch(/usual rate at this hour is \d/);
    await until('the workloads to be silent as well', async () => {
      const alerts = await prometheus.alerts();
      return alerts.some(
        ({ labels, state }) => labels.alertname === 'WeirWorkloadSilent' && state === 'firing',
      );
    });
    // It reports the same as the others would. One may fire first, if a scrape of the cluster's exporters
    // took too long.
    expect(scene.paged('quiet', page.arrivedAtMs)).toEqual([]);

    const resumed = scene.work(40);
    const over = await webhook.notified('WeirClusterSilent', 'resolved');
    expect(over.arrivedAtMs).toBeGreaterThan(page.arrivedAtMs);
    await resumed;
  });

  it('is short when a link is full, and the page resolves when the link has room', async () => {
    const { webhook, prometheus } = scene;
    await using _trickle = scene.trickle();
    expect(scene.paged('saturation')).toEqual([]);
    const startedAt = Date.now();
    const flood = scene.flood(40);
    const labels = { node: 'node-a', link: 'underlay', direction: 'transmit' };
    const page = await webhook.notified('WeirLinkSaturated', 'firing', { labels });
    // Ten minutes of averaging and five in which it must stay so, sixty times faster.
    expect(page.arrivedAtMs - startedAt).toBeLessThan(35_000);
    await flood.succeeds();
    const [most] = await prometheus.query(
      'max_over_time(node_link:weir_exporter_link_utilization:ratio_rate5m{node="node-a", link="underlay", direction="transmit"}[1m])',
    );
    expect(most!.value).toBeGreaterThan(0.9); // of the configured capacity, which the firewall enforces
    expect(most!.value).toBeLessThan(1.5);
    await webhook.notified('WeirLinkSaturated', 'resolved', { labels });
  });
});
