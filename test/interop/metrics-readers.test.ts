import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { CollectedPoint } from '../support/collected-metrics.ts';
import { ObservedNodes, type Total } from '../support/observed-nodes.ts';
import { type OtelCollector, startOtelCollector } from '../support/otel-collector.ts';
import type { Program } from '../support/program.ts';
import { latestOf, type Prometheus } from '../support/prometheus.ts';
import { requires } from '../support/requires.ts';
import { until } from '../support/until.ts';
import { stopWeir } from '../support/weir.ts';

/*
 * All readers of Weir's metrics at once: a Prometheus that scrapes and also receives OTLP, and two
 * OpenTelemetry Collectors, by HTTP and by gRPC. Each must reach the count of node a's kernel.
 */

const groupings = ['node', 'workload', 'port'] as const;

/** The `instance` of the aggregator in OTLP receivers. */
const instanceByOtlp = `${hostname()}:10349`;

/**
 * A way to Weir's flow metrics: the count of a grouping's series, including expired ones, in an aggregator's
 * life.
 */
interface Reader {
  readonly name: string;
  total(grouping: string): Promise<Total> | Total;
}

/** The series in Prometheus from one of its two ways to Weir. */
class InPrometheus implements Reader {
  readonly name: string;
  readonly #prometheus: Prometheus;
  readonly #instance: string;
  readonly #groupingLabel: string;

  constructor(prometheus: Prometheus, way: 'scraped' | 'by OTLP') {
    const isScraped = way === 'scraped';
    this.name = `Prometheus, ${way}`;
    this.#prometheus = prometheus;
    this.#instance = isScraped ? '127.0.0.1:9464' : instanceByOtlp;
    this.#groupingLabel = isScraped ? 'grouping' : 'weir_grouping';
  }

  async total(grouping: string): Promise<Total> {
    const instance = `instance="${this.#instance}"`;
    const ever = async (unit: string) => {
      const shown = `sum(${latestOf(`weir_flow_${grouping}_${unit}_total{${instance}}`)})`;
      const ofGrouping = `{${instance}, ${this.#groupingLabel}="${grouping}"}`;
      const expired = `sum(${latestOf(`weir_metrics_expired_${unit}_total${ofGrouping}`)})`;
      const query = `(${shown} or vector(0)) + (${expired} or vector(0))`;
      return (await this.#prometheus.query(query))[0]!.value;
    };
    return { octets: await ever('bytes'), packets: await ever('packets') };
  }
}

/** The content of the latest export to a Collector. */
class AtCollector implements Reader {
  readonly name: string;
  readonly #collector: OtelCollector;

  constructor(collector: OtelCollector, protocol: string) {
    this.name = `Collector, ${protocol}`;
    this.#collector = collector;
  }

  total(grouping: string): Total {
    const points = latestExport(this.#collector.points());
    const sum = (name: string, isMine = (_: CollectedPoint) => true) =>
      points
        .filter((point) => point.name === name && isMine(point))
        .reduce((total, { value }) => total + value, 0);
    const ofGrouping = ({ attributes }: CollectedPoint) => attributes['weir.grouping'] === grouping;
    return {
      octets: sum(`weir.flow.${grouping}.bytes`) + sum('weir.metrics.expired.bytes', ofGrouping),
      packets: sum(`weir.flow.${grouping}.packets`) + sum('weir.metrics.expired.packets', ofGrouping),
    };
  }
}

/** Exports are a second apart and take a moment. */
function latestExport(points: readonly CollectedPoint[]): CollectedPoint[] {
  const latestMs = points.reduce((latest, { timeMs }) => Math.max(latest, timeMs), 0);
  return points.filter(({ timeMs }) => timeMs > latestMs - 400);
}

requires(
  'namespaces',
  'nft',
  'ethtool',
  'prometheus',
  'otel-collector',
)('flow metrics', () => {
  let scene: ObservedNodes;
  let prometheus: Prometheus;
  let collectors: OtelCollector[];
  let aggregator: Program;
  let readers: Reader[];

  beforeAll(async () => {
    scene = await ObservedNodes.make();
    const { aggregator: namespace } = scene.nodes;
    prometheus = await scene.startPrometheus();
    collectors = [await startOtelCollector({ namespace }), await startOtelCollector({ namespace })];
    readers = [
      new InPrometheus(prometheus, 'scraped'),
      new InPrometheus(prometheus, 'by OTLP'),
      new AtCollector(collectors[0]!, 'HTTP'),
      new AtCollector(collectors[1]!, 'gRPC'),
    ];
    aggregator = await startAggregator();
    await scene.startAgent('a');
    await scene.startAgent('b');
  });

  afterAll(async () => {
    for (const collector of collectors ?? []) await collector.stop();
    await scene?.[Symbol.asyncDispose]();
  });

  function startAggregator(): Promise<Program> {
    const often = { interval: '1s', timeout: '1s' };
    return scene.startAggregator({
      groupings,
      seriesLimit: 2,
      seriesIdleTimeout: '1s',
      otlp: [
        { endpoint: prometheus.otlpUrl, ...often },
        { endpoint: collectors[0]!.httpUrl, ...often },
        { endpoint: collectors[1]!.grpcUrl, protocol: 'grpc', ...often },
      ],
    });
  }

  /** Waits until every reader has reached it in every grouping, and checks that they stay there. */
  async function agree(expected: Total): Promise<void> {
    const ask = async () => {
      const found: Record<string, Total> = {};
      for (const reader of readers) {
        for (const grouping of groupings) found[`${reader.name}: ${grouping}`] = await reader.total(grouping);
      }
      return found;
    };
    let found = await ask();
    let times = 0;
    const areThere = async () => {
      found = await ask();
      times = Object.values(found).every((total) => same(total, expected)) ? times + 1 : 0;
      return times === 3;
    };
    await until('it', areThere, { everyMs: 400 }).catch(() => {});
    expect(found).toEqual(Object.fromEntries(Object.keys(found).map((key) => [key, expected])));
    expect(times).toBe(3);
  }

  it("equal the kernel's counters at every reader when most series exceed the budget and all expire", async () => {
    await Promise.all(scene.ports.map((port) => scene.traffic(port, 30)));
    const ofGrouping = 'grouping="port", instance="127.0.0.1:9464"';
    const value = async (query: string) => (await prometheus.query(query))[0]?.value ?? 0;
    const expired = latestOf(`weir_metrics_expired_series_total{${ofGrouping}}`);
    await until('series to expire', async () => (await value(expired)) > 0, { everyMs: 500 });
    await scene.traffic(scene.ports[0]!, 20);
    await agree(await scene.counted());
    expect(await value(latestOf(`weir_metrics_folded_series_total{${ofGrouping}}`))).toBeGreaterThan(0);
    expect(
      await value('max_over_time(sum(weir_flow_port_bytes_total{port="other"})[2m:1s])'),
    ).toBeGreaterThan(0);
    expect(await value(`max_over_time(weir_metrics_series{${ofGrouping}}[2m])`)).toBeLessThanOrEqual(2 + 1);
  });

  it("equal the kernel's counters over both lives of a restarted aggregator", async () => {
    const before = await scene.counted();
    await stopWeir(aggregator);
    const traffic = Promise.all(scene.ports.map((port) => scene.traffic(port, 30)));
    aggregator = await startAggregator();
    await traffic;
    const both = await scene.counted();
    await agree({ octets: both.octets - before.octets, packets: both.packets - before.packets });
    // Prometheus sees both runs as one counter with a reset.
    const resets = await prometheus.query(
      'max(resets(weir_ledger_received_total{job="weir-aggregator"}[5m]))',
    );
    expect(resets[0]!.value).toBe(1);
  });

  it('are distinguished in Prometheus by their instance: scraped ones, and those by OTLP', async () => {
    const found = await prometheus.query(`group by (job, instance) (${latestOf('weir_build_info')})`);
    const pairs = found.map(({ labels }) => `${labels.job} ${labels.instance}`).sort();
    expect(pairs).toEqual(
      [
        'weir-agent 10.20.1.1:9465',
        'weir-agent 10.20.2.1:9465',
        'weir-aggregator 127.0.0.1:9464',
        `weir-aggregator ${instanceByOtlp}`,
      ].sort(),
    );
  });

  it('have the documented names in Prometheus by OTLP', async () => {
    const page = readFileSync(new URL('../../docs/how-to/otlp.md', import.meta.url), 'utf8');
    const told = [...page.matchAll(/^\| `([a-z.]+)` \| `([^`]+)` \| `([^`]+)` \|$/gm)];
    expect(told.length).toBeGreaterThanOrEqual(4);
    const names = async (instance: string) => {
      const series = await prometheus.series(`{instance="${instance}"}`);
      return new Set(series.map(({ __name__ }) => __name__!));
    };
    const [scraped, byOtlp] = [await names('127.0.0.1:9464'), await names(instanceByOtlp)];
    for (const [, otel, scrapedName, otlpName] of told) {
      expect([otel, scraped.has(scrapedName!), byOtlp.has(otlpName!)]).toEqual([otel, true, true]);
    }
    const labels = [...page.matchAll(/`([a-z0-9.]+)` becomes the label `(\w+)`/g)];
    expect(labels.length).toBeGreaterThan(0);
    for (const [, , label] of labels) {
      expect(
        (await prometheus.query(`count({${label}!="", instance="${instanceByOtlp}"})`))[0]?.value,
        label,
      ).toBeGreaterThan(0);
    }
  });
});

function same(one: Total, other: Total): boolean {
  return one.octets === other.octets && one.packets === other.packets;
}
