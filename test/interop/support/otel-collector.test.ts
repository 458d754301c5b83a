import { readFileSync } from 'node:fs';
import { OTLPMetricExporter as OTLPGrpcMetricExporter } from '@opentelemetry/exporter-metrics-otlp-grpc';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  MeterProvider,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics';
import { expect, it } from 'vitest';
import { makeCertificate } from '../../support/certificate.ts';
import { type OtelCollector, startOtelCollector } from '../../support/otel-collector.ts';
import { requires } from '../../support/requires.ts';
import { TemporaryDirectory } from '../../support/temporary-directory.ts';

const protocols: [string, (collector: OtelCollector) => PushMetricExporter][] = [
  ['HTTP', ({ httpUrl }) => new OTLPMetricExporter({ url: httpUrl })],
  ['gRPC', ({ grpcUrl }) => new OTLPGrpcMetricExporter({ url: grpcUrl })],
];

requires('otel-collector')('the OpenTelemetry Collector', () => {
  it.each(protocols)('writes what it receives over %s', async (_, exporterTo) => {
    await using collector = await startOtelCollector();
    expect(collector.points()).toEqual([]);
    const startedMs = Date.now();
    const reader = new PeriodicExportingMetricReader({
      exporter: exporterTo(collector),
      exportIntervalMillis: 3_600_000,
    });
    const resource = resourceFromAttributes({ 'service.name': 'garden' });
    const meters = new MeterProvider({ resource, readers: [reader] });
    const meter = meters.getMeter('burrow');
    meter
      .createCounter('carrots', { unit: '{carrot}', description: 'Eaten.' })
      .add(7, { eater: 'hare', legs: 4 });
    meter.createGauge('weight', { unit: 'kg' }).record(2.5);
    const bounds = { explicitBucketBoundaries: [1, 10] };
    const meals = meter.createHistogram('meal.duration', { unit: 's', advice: bounds });
    for (const seconds of [0.5, 3, 4]) meals.record(seconds);
    await meters.forceFlush();
    const counted = await collector.receives('the counter', ({ name }) => name === 'carrots');
    expect(counted).toMatchObject({
      unit: '{carrot}',
      description: 'Eaten.',
      type: 'sum',
      monotonic: true,
      temporality: 'cumulative',
      resource: { 'service.name': 'garden' },
      scope: 'burrow',
      attributes: { eater: 'hare', legs: 4 },
      value: 7,
    });
    expect(counted.startTimeMs).toBeGreaterThan(startedMs - 1);
    expect(counted.timeMs).toBeGreaterThanOrEqual(counted.startTimeMs);
    const others = collector.points().filter((point) => point.name !== 'carrots');
    expect(others).toMatchObject([
      { name: 'weight', type: 'gauge', value: 2.5 },
      {
        name: 'meal.duration',
        type: 'histogram',
        temporality: 'cumulative',
        value: 7.5,
        buckets: { bounds: [1, 10], counts: [1, 2, 0], count: 3 },
      },
    ]);
    await meters.shutdown();
  });

  it('restarts on the same ports', async () => {
    const first = await startOtelCollector();
    const [port, grpcPort] = [first.httpUrl, first.grpcUrl].map((url) => Number(new URL(url).port));
    await first.stop();
    await using second = await startOtelCollector({ port: port!, grpcPort: grpcPort! });
    expect(second.httpUrl).toBe(first.httpUrl);
    expect(second.grpcUrl).toBe(first.grpcUrl);
  });
});

requires('otel-collector', 'openssl')('the OpenTelemetry Collector with a certificate', () => {
  it('speaks TLS', async () => {
    using directory = new TemporaryDirectory();
    const certificate = await makeCertificate(directory);
    await using collector = await startOtelCollector({ certificate });
    const ca = readFileSync(certificate.certificateFile);
    const exporter = new OTLPMetricExporter({ url: collector.httpUrl, httpAgentOptions: { ca } });
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
    const meters = new MeterProvider({ readers: [reader] });
    meters.getMeter('burrow').createCounter('carrots').add(1);
    await meters.forceFlush();
    expect(await collector.receives('the counter', ({ name }) => name === 'carrots')).toMatchObject({
      value: 1,
    });
    await meters.shutdown();
  });
});
