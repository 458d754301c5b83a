import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { weirCommand } from '../cli/weir.ts';
import { clusterFlows, clusterRanges, clusterZones, reportMs } from '../support/cluster-flows.ts';
import { dashboardQueries } from '../support/dashboard-queries.ts';
import { fasterQuery, writeFasterRules } from '../support/faster-rules.ts';
import { startFlowStream } from '../support/flow-stream.ts';
import { message, optionsTemplate, set, template, u32 } from '../support/ipfix-octets.ts';
import { type Kubernetes, startKubernetes } from '../support/kubernetes.ts';
import { MetricsText } from '../support/metrics-text.ts';
import { ObservedNodes } from '../support/observed-nodes.ts';
import type { Prometheus } from '../support/prometheus.ts';
import { checkMetrics } from '../support/promtool.ts';
import { requires } from '../support/requires.ts';
import { TestAuthority } from '../support/test-authority.ts';
import { loneHost } from '../support/topology.ts';
import { startTcpClient } from '../support/traffic.ts';
import { until } from '../support/until.ts';
import { emptyQueries } from './support/empty-queries.ts';

/*
 * Everything is on at once. Two agents watch real traffic, and the agents of two Kubernetes nodes use
 * Antrea's template. An aggregator has all groupings beside an API server. A Prometheus evaluates the shipped
 * rules, sixty times faster. All names in dashboards, rules and documents must exist.
 */

const pace = 60;
const rounds = 80;
/** The range of the dashboards. The data begins one range earlier. */
const rangeSeconds = 36;

requires(
  'namespaces',
  'nft',
  'ethtool',
  'prometheus',
  'promtool',
  'openssl',
  'kubernetes',
)('with all options on', () => {
  let scene: ObservedNodes;
  let kubernetes: Kubernetes;
  let prometheus: Prometheus;
  /** The processes' pages by their server, in the older text format. */
  const pages: Record<string, string> = {};
  let filledAt: Date;

  beforeAll(async () => {
    scene = await ObservedNodes.make([8080, 8081]);
    const authority = new TestAuthority(scene.directory.path);
    kubernetes = await startKubernetes({
      namespace: scene.nodes.aggregator,
      users: { reader: ['system:masters'] },
    });
    await scene.startAggregator(
      {
        groupings: ['node', 'namespace', 'workload', 'pod', 'service', 'zone', 'policy', 'external', 'port'],
        ranges: clusterRanges,
        zones: { ...clusterZones, 'node-a': 'zone-1', 'node-b': 'zone-2' },
        otlp: [{ endpoint: 'http://127.0.0.1:1', interval: '1s', timeout: '500ms' }],
        defined: userDefined,
      },
      {
        clusterID: 'blue',
        flowCollector: { enable: true, address: '127.0.0.1:4740:tls', tls: authority.issue('exporter') },
        tls: authority.issue('aggregator'),
        weir: {
          listen: ['tcp://0.0.0.0:4739', 'tls://0.0.0.0:4741'],
          kubernetes: { kubeconfig: kubernetes.kubeconfig('reader', kubernetes.tokenOf('reader')) },
        },
      },
    );
    const links = [{ link: 'underlay', bitsPerSecond: 100_000_000 }];
    const secured = {
      flowCollectorAddr: `${scene.nodes.aggregatorAddress.v4}:4741:tls`,
      tls: { ...authority.issue('agent'), serverName: 'localhost' },
    };
    await scene.startAgent('a', { linkCapacities: links, flowExporter: secured });
    await scene.startAgent('b', { linkCapacities: links });
    prometheus = await scene.startPrometheus({ ruleFiles: writeFasterRules(scene.directory, pace) });
    await fill();
    for (const of of ['aggregator', 'a', 'b'] as const) pages[of] = await scene.metricsPage(of);
    await using host = await loneHost();
    await using up = host.start(weirCommand('up'));
    await up.says(/turned connection tracking on/);
    pages.up = (await host.fetch('http://127.0.0.1:10349/metrics')).body;
  });

  afterAll(async () => {
    await kubernetes?.stop();
    await scene?.[Symbol.asyncDispose]();
  });

  /** Traffic of every kind for a bit more than an hour at this pace. */
  async function fill(): Promise<void> {
    const { a, b, aggregator } = scene.nodes;
    const host = b.clientAddress.v4;
    const work = { host, octets: 20_000, concurrency: 2, holdMs: 200, connections: (rounds * 1_000) / 100 };
    const client = startTcpClient(a.client, { ...work, port: 8080 });
    const other = startTcpClient(b.client, { ...work, port: 9, connections: 1 }); // nobody listens
    const sent = clusterFlows(rounds);
    const streams = (['node-1', 'node-2'] as const).map((node, index) =>
      startFlowStream(aggregator, {
        host: '127.0.0.1',
        domain: 11 + index,
        everyMs: reportMs,
        batches: sent[node],
      }),
    );
    for (let third = 0; third < 3; third++) {
      await delay((rounds / 4) * 1_000);
      await misbehave();
    }
    for (const stream of streams) await stream.succeeds(180_000);
    filledAt = new Date();
    await client.succeeds(180_000);
    await other.stop();
  }

  /** An exporter that skips records, reports its own losses and no flows, and sends unreadable messages. */
  async function misbehave(): Promise<void> {
    const numbered = (sequenceNumber: number, ...sets: Uint8Array[]) => {
      const octets = message(...sets);
      octets.set(u32(sequenceNumber), 8);
      return octets;
    };
    const uptime = template(300, [22, 4]); // of a flow that nothing identifies
    const losses = optionsTemplate(301, 1, [144, 4], [166, 8], [164, 8]);
    const lost = (total: number) => set(301, u32(1), u32(0), u32(total), u32(0), u32(total));
    const octets = [
      ...numbered(0, set(2, uptime), set(300, u32(7))),
      ...numbered(50, set(300, u32(7))),
      ...numbered(51, set(3, losses), lost(5), lost(10)),
      ...new Uint8Array(16).fill(0xff), // no IPFIX
    ];
    const source = `
      import { connect } from 'node:net';
      const socket = connect(4739, '127.0.0.1', () => socket.end(Buffer.from(${JSON.stringify(octets)})));
      socket.resume().on('error', () => {});`;
    await scene.nodes.aggregator.runSource(source);
  }

  it('every query of every dashboard returns data, except those listed as impossible here', async () => {
    const queries = dashboardQueries({ rateInterval: '10m', range: `${rangeSeconds}m` });
    const found = new Map<string, boolean>();
    const failures: string[] = [];
    const start = new Date(filledAt.getTime() - rangeSeconds * 1_000);
    await inParallel(8, queries, async ({ where, promql, isInstant }) => {
      const query = fasterQuery(promql, pace);
      try {
        const values = isInstant
          ? (await prometheus.query(query, filledAt)).map(({ value }) => value)
          : (await prometheus.queryRange(query, start, filledAt, 2)).flatMap(({ points }) =>
              points.map(([, value]) => value),
            );
        const hasData = values.some((value) => !Number.isNaN(value));
        found.set(where, (found.get(where) ?? true) && hasData);
      } catch (error) {
        failures.push(`${where}: ${(error as Error).message}`);
      }
    });
    expect(failures).toEqual([]);
    const empty = [...found].filter(([, hasData]) => !hasData).map(([where]) => where);
    const expected = queries.map(({ where }) => where).filter(isExpectedToBeEmpty);
    expect(empty.filter((where) => !isExpectedToBeEmpty(where))).toEqual([]);
    expect(expected.filter((where) => found.get(where) && !mayBeFilledBySlowness(where))).toEqual([]);
    const unused = emptyQueries.filter(({ where }) => !queries.some((query) => where.test(query.where)));
    expect(unused).toEqual([]);
  });

  it('every metric in a rule, a dashboard or a document exists', async () => {
    const recorded = new Set((await prometheus.rules()).map(({ name }) => name));
    const shown = new Set(Object.values(pages).flatMap(namesOn));
    const missing = texts(
      'alerts/**/*.{yaml,md}',
      'grafana-dashboards/**/*.json',
      'docs/**/*.md',
      'README.md',
    ).flatMap(({ file, text }) =>
      metricsIn(text)
        .filter((name) => !(shown.has(name) || recorded.has(name) || isNoMetric(file, name)))
        .map((name) => `${file}: ${name}`),
    );
    expect([...new Set(missing)]).toEqual([]);
  });

  it('every metric is used in a rule or a dashboard, or listed in the reference', () => {
    const used = new Set(
      texts('alerts/*.yaml', 'grafana-dashboards/*.json', 'docs/reference/metrics.md').flatMap(({ text }) =>
        text.split(/\W+/),
      ),
    );
    const families = Object.values(pages).flatMap((page) => [...new MetricsText(page).families.keys()]);
    expect(new Set(families).size).toBeGreaterThan(80);
    const unused = families.filter(
      (name) => !used.has(name) && !used.has(`${name}_bucket`) && !userDefinedNames.test(name),
    );
    expect([...new Set(unused)]).toEqual([]);
  });

  it('promtool finds no fault in any page', async () => {
    expect(Object.keys(pages)).toEqual(['aggregator', 'a', 'b', 'up']);
    for (const [of, page] of Object.entries(pages)) {
      const own = page.replaceAll(namedByAntrea, '');
      expect([of, await checkMetrics(own)]).toEqual([of, '']);
    }
  });

  it('both formats have the same metrics, and Prometheus accepts either', async () => {
    for (const of of ['aggregator', 'a'] as const) {
      const open = new MetricsText(
        await scene.metricsPage(of, 'application/openmetrics-text;version=1.0.0'),
        true,
      );
      const families = (names: Iterable<string>) =>
        [...names].map((name) => name.replace(/_(total|info)$/, '')).sort();
      expect(families(open.families.keys())).toEqual(families(new MetricsText(pages[of]!).families.keys()));
    }
    const formats = ['OpenMetricsText1.0.0', 'PrometheusText0.0.4'];
    await prometheus.reload({
      scrape: Object.fromEntries(
        formats.map((format) => [
          format,
          { scrape_protocols: [format], static_configs: [{ targets: ['127.0.0.1:9464'] }] },
        ]),
      ),
    });
    const count = async (job: string) => (await prometheus.query(`count({job="${job}"})`))[0]?.value ?? 0;
    await until(
      'both to be scraped',
      async () => (await count(formats[0]!)) > 0 && (await count(formats[1]!)) > 0,
    );
    const targets = await until('both to be up', async () => {
      const all = await prometheus.targets(); // one scrape may take too long on a busy machine
      return all.every(({ health }) => health === 'up') && all;
    });
    expect(targets.map(({ lastError }) => lastError)).toEqual(['', '']);
  });
});

interface Text {
  file: string;
  text: string;
}

const root = join(import.meta.dirname, '../..');
const texts = (...patterns: string[]): Text[] =>
  globSync(patterns, { cwd: root }).map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') }));

/** Words that look like names of our metrics or of our recorded series. */
const metricsIn = (text: string): string[] =>
  [...text.matchAll(/(?<![\w:/.-])(?:[a-z_]+:)?(?:weir_|antrea_agent_|process_)[\w:]+/g)].map(([name]) =>
    name.replace(/:$/, ''),
  );

/** Names of families, and of their samples if these differ. */
function namesOn(page: string): string[] {
  const { families, samples } = new MetricsText(page);
  return [...families.keys(), ...samples.map(({ name }) => name)];
}

/** Antrea's names, about which promtool complains that only histograms should end in _count. */
const namedByAntrea = /^.*\bantrea_agent_(\w+_connection|flow_collector_reconnection)_count\b.*\n/gm;

const userDefinedNames = /^weir_flow_(dns|connection_duration)_/;

/** Words that look like a metric and are none, with the reason. */
function isNoMetric(file: string, name: string): boolean {
  if (name.endsWith('_') || name === 'weir_flow') return true; // the beginning of several
  if (name === 'weir_example') return true; // a table of nftables
  if (name === 'weir_flow_NAME') return true; // a metric that the reader will define
  return file === 'docs/how-to/otlp.md'; // as Prometheus converts them from OTLP: test/interop/metrics-readers.test.ts
}

const isExpectedToBeEmpty = (query: string): boolean => emptyQueries.some(({ where }) => where.test(query));
const mayBeFilledBySlowness = (query: string): boolean =>
  emptyQueries.some(({ where, isFilledBySlowness }) => isFilledBySlowness && where.test(query));

/** Metrics that users define: the examples of the page on Prometheus. */
const userDefined = [
  { name: 'dns', value: 'octets', filter: { port: 53 }, labels: ['source_workload'] },
  {
    name: 'connection_duration',
    type: 'histogram',
    value: 'durationSeconds',
    filter: { proto: 'tcp' },
    buckets: [0.1, 1, 10, 60, 600],
  },
];

async function inParallel<T>(
  at: number,
  things: readonly T[],
  work: (thing: T) => Promise<void>,
): Promise<void> {
  const left = [...things];
  const workOn = async () => {
    for (let thing = left.pop(); thing !== undefined; thing = left.pop()) await work(thing);
  };
  await Promise.all(Array.from({ length: at }, workOn));
}
