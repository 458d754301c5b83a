import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { emptyResource } from '@opentelemetry/resources';
import * as conventions from '@opentelemetry/semantic-conventions/incubating';
import { describe, expect, it } from 'vitest';
import { attributeMappings, attributeOf, FlowProducer } from '../../../src/metrics/exposition/index.ts';
import { renderMetrics } from '../../../src/metrics/exposition/rendering.ts';
import { otelNameOf, type ProcessMetricName, processMetrics } from '../../../src/metrics/index.ts';
import { labels, type Measure, type SeriesTable } from '../../../src/metrics/series/index.ts';
import { systemClock } from '../../../src/runtime/index.ts';
import { MetricsText, type Sample } from '../../support/metrics-text.ts';
import { seriesTable } from '../../support/series-table.ts';
import { workloadTable } from '../telemetry/readings.ts';

const lasting: Measure = {
  name: 'weir_flow_lasting_seconds',
  otelName: 'weir.flow.lasting',
  unit: 's',
  description: 'how long flows last',
  type: 'histogram',
  buckets: [0.5, 10],
};

const tables: SeriesTable[] = [
  workloadTable(),
  seriesTable(
    'lasting',
    ['protocol', 'port', 'direction'],
    [lasting],
    [{ labels: { protocol: 'TCP', port: '443' }, values: [6], buckets: [1, 2, 3], sum: 44.5 }],
  ),
];

const collectedAs = (naming: 'prometheus' | 'opentelemetry') =>
  new FlowProducer({
    tables,
    naming,
    clock: systemClock,
    resource: emptyResource(),
    version: '1.2.3',
  }).collect();

/** What the SDK's Prometheus exporter makes of the producer's data. */
async function exported(naming: 'prometheus' | 'opentelemetry'): Promise<MetricsText> {
  const { resourceMetrics } = await collectedAs(naming);
  return new MetricsText(
    new PrometheusSerializer('', false, undefined, true, true).serialize(resourceMetrics),
  );
}

async function written(): Promise<MetricsText> {
  const body = await renderMetrics(() => [], tables, {
    format: 'prometheus',
    created: false,
    gzip: false,
  });
  return new MetricsText(Buffer.concat(body).toString());
}

const comparable = (samples: readonly Sample[]) =>
  samples
    .map((sample) => JSON.stringify([sample.name, Object.entries(sample.labels).toSorted(), sample.value]))
    .toSorted();

describe("the series that the SDK's readers receive", () => {
  it("equal Weir's own text under Prometheus's names", async () => {
    const [own, sdk] = [await written(), await exported('prometheus')];
    expect(comparable(sdk.samples)).toEqual(comparable(own.samples));
    expect([...sdk.families].map(([name, { type, help }]) => ({ name, type, help }))).toEqual(
      [...own.families].map(([name, { type, help }]) => ({ name, type, help })),
    );
  });

  it('have the same values under the OpenTelemetry names of the mapping', async () => {
    const prometheusNames = new Map<string, string>();
    for (const { name: table, labelNames } of tables) {
      for (const label of labelNames) {
        prometheusNames.set(attributeOf(label, table).attribute.replaceAll('.', '_'), label);
      }
    }
    const metricNames = new Map(
      tables.flatMap(({ measures }) =>
        measures.map(({ otelName, name }) => [otelName.replaceAll('.', '_'), name.replace(/_total$/, '')]),
      ),
    );
    const sdk = (await exported('opentelemetry')).samples.map((sample) => ({
      ...sample,
      name: sample.name.replace(
        /^(.*?)(_total|_bucket|_sum|_count|)$/,
        (_, name, end) => metricNames.get(name) + end,
      ),
      labels: Object.fromEntries(
        Object.entries(sample.labels).map(([label, value]) => [prometheusNames.get(label) ?? label, value]),
      ),
    }));
    const own = (await written()).samples.map((sample) => ({
      ...sample,
      labels: { ...sample.labels, ...(sample.labels.protocol ? { protocol: 'tcp' } : {}) },
    }));
    expect(comparable(sdk)).toEqual(comparable(own));
  });

  it('are cumulative from the start of each series', async () => {
    const { resourceMetrics } = await collectedAs('opentelemetry');
    const [bytes] = resourceMetrics.scopeMetrics[0]!.metrics;
    expect(bytes).toMatchObject({
      descriptor: { name: 'weir.flow.workload.bytes', unit: 'By' },
      aggregationTemporality: 1,
      isMonotonic: true,
    });
    expect(bytes!.dataPoints[0]!.startTime).toEqual([1_767_225_600, 250_000_000]);
    const lastingPoint = resourceMetrics.scopeMetrics[0]!.metrics.at(-1)!.dataPoints[0]!;
    expect(lastingPoint.attributes).toEqual({ 'network.transport': 'tcp', 'server.port': 443 });
    expect(lastingPoint.value).toEqual({
      buckets: { boundaries: [0.5, 10], counts: [1, 2, 3] },
      sum: 44.5,
      count: 6,
    });
  });

  it('hold the tables only during collection, which simultaneous readers share', async () => {
    const table = workloadTable();
    const producer = new FlowProducer({
      tables: [table],
      naming: 'opentelemetry',
      clock: systemClock,
      resource: emptyResource(),
      version: '1.2.3',
    });
    const [one, other] = await Promise.all([producer.collect(), producer.collect()]);
    expect(one).toBe(other);
    expect([table.holds, table.holders]).toEqual([1, 0]);
  });
});

describe('the mapping of labels to attributes', () => {
  const registry = new Set<unknown>(Object.values(conventions));

  it('has every label of flow and process metrics', () => {
    const used = [
      ...Object.keys(labels),
      ...Object.values(processMetrics).flatMap((metric) => [...metric.labels]),
    ];
    expect(used.filter((label) => !Object.hasOwn(attributeMappings, label))).toEqual([]);
  });

  it("marks an attribute as a convention only if OpenTelemetry's registry has it", () => {
    const mappings = [...Object.values(attributeMappings), attributeOf('direction', 'external')];
    for (const { attribute, isConvention } of mappings) {
      const known = registry.has(attribute.replace(/^(source|destination)\.(?!address|port)/, ''));
      expect({ attribute, isConvention: known }).toEqual({ attribute, isConvention });
    }
  });

  it('gives each label of a table a different attribute', () => {
    for (const { name, labelNames } of tables) {
      const attributes = labelNames.map((label) => attributeOf(label, name).attribute);
      expect(new Set(attributes).size).toBe(labelNames.length);
    }
  });

  it('names process metrics by conventions where they exist', () => {
    const own = (Object.keys(processMetrics) as ProcessMetricName[])
      .map(otelNameOf)
      .filter((name) => !name.startsWith('weir.') && !name.startsWith('antrea.') && !registry.has(name));
    expect(own).toEqual(['process.start.time.seconds', 'process.max.fds']);
  });
});
