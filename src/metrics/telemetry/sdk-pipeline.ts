import { hostname } from 'node:os';
import { DiagLogLevel, diag } from '@opentelemetry/api';
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  MeterProvider,
  type MetricProducer,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  ATTR_SERVICE_INSTANCE_ID,
  ATTR_SERVICE_NAME,
  ATTR_SERVICE_VERSION,
} from '@opentelemetry/semantic-conventions';
import { withDeadline } from '../../runtime/index.ts';
import {
  Exposition,
  FlowProducer,
  type Naming,
  openMetricsOf,
  type TextFormat,
} from '../exposition/index.ts';
import { agentObserver, aggregatorObserver, clusterObserver, seriesObserver } from './component-observers.ts';
import { ledgerObserver } from './ledger-observer.ts';
import type { ObservationCallback, Observations } from './observations.ts';
import { unusedVariables } from './otlp-environment.ts';
import { OtlpTarget } from './otlp-target.ts';
import { takePartialSuccess } from './partial-success.ts';
import { ProcessObserver } from './process-observer.ts';
import { ProcessProducer } from './process-producer.ts';
import type { TelemetryOptions } from './telemetry-options.ts';

/**
 * Maximum points of one request: about 1.5 MB, below the default limits of receivers; it encodes within 40
 * ms.
 */
const MAX_POINTS = 8192;

/**
 * The SDK's part: a provider with the resource, a reader for scrapes and one for each OTLP receiver. All data
 * comes from producers, so the SDK keeps nothing between two readings.
 */
export class SdkPipeline {
  readonly exposition: Exposition;
  readonly #options: TelemetryOptions;
  readonly #process: ProcessObserver;
  readonly #targets: readonly OtlpTarget[];
  readonly #observers: readonly ObservationCallback[];
  readonly #scrapes: PrometheusExporter;
  readonly #withTargetInfo = new PrometheusSerializer(undefined, false, undefined, false, true);
  readonly #withoutTargetInfo = new PrometheusSerializer(undefined, false, undefined, true, true);
  readonly #resource;
  #provider: MeterProvider | undefined;

  constructor(options: TelemetryOptions) {
    const { clock, log, series, otlp, component, version, resource } = options;
    this.#options = options;
    this.#resource = resourceFromAttributes({
      [ATTR_SERVICE_NAME]: `weir-${component}`,
      [ATTR_SERVICE_VERSION]: version,
      // Distinguishes the agents of a cluster, and stays the same across restarts.
      [ATTR_SERVICE_INSTANCE_ID]: hostname(),
      'host.name': hostname(),
      ...resource,
    });
    this.#process = new ProcessObserver(clock);
    this.#targets = otlp.map((target) => new OtlpTarget(target, clock, log));
    this.#observers = this.#observersOf(options);
    this.#scrapes = new PrometheusExporter({
      preventServerStart: true,
      metricProducers: [this.#processProducer('prometheus')],
    });
    this.exposition = new Exposition({
      clock,
      tables: series?.tables ?? [],
      head: (format) => this.#processText(format),
    });
  }

  /** @throws {WeirError} WEIR_OTLP_FILE */
  async start(): Promise<void> {
    const { log, otlp, series, clock, version } = this.#options;
    const tables = series?.tables ?? [];
    await Promise.all(this.#targets.map((target) => target.start()));
    const warn = (...words: unknown[]) => {
      if (!takePartialSuccess(words)) log.limited('otlp', 'SDK', words.join(' '));
    };
    diag.setLogger({ ...silent, warn }, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
    const unused = unusedVariables();
    if (otlp.length > 0 && unused.length > 0) {
      const text = `${unused.join(', ')}: not used; each receiver has what weir.metrics.otlp says of it`;
      log.warn('otlp', text);
    }
    const resource = this.#resource;
    const flows = new FlowProducer({ tables, naming: 'opentelemetry', clock, resource, version });
    const process = this.#processProducer('opentelemetry');
    const pushes = this.#targets.map((exporter, index) =>
      pushReader(exporter, otlp[index]!, [process, flows]),
    );
    this.#process.start();
    this.#provider = new MeterProvider({ resource, readers: [this.#scrapes, ...pushes] });
  }

  /** Exports the final values to each receiver that takes them in time. */
  async stop(deadlineMs: number): Promise<void> {
    const { clock } = this.#options;
    try {
      await withDeadline(clock, this.#provider?.shutdown() ?? Promise.resolve(), deadlineMs);
    } finally {
      this.#process.stop();
      diag.disable();
      for (const target of this.#targets) await target.shutdown();
    }
  }

  /** One metric in each part: thousands of exporters have thousands of series of it. */
  async *#processText(format: TextFormat): AsyncGenerator<string> {
    const { resource, scopeMetrics } = (await this.#scrapes.collect()).resourceMetrics;
    let serializer = this.#withTargetInfo;
    for (const { scope, metrics } of scopeMetrics) {
      for (const metric of metrics) {
        const text = serializer.serialize({ resource, scopeMetrics: [{ scope, metrics: [metric] }] });
        yield format === 'openmetrics' ? openMetricsOf(text) : text;
        serializer = this.#withoutTargetInfo;
      }
    }
  }

  #processProducer(naming: Naming): ProcessProducer {
    const { clock, log, version } = this.#options;
    return new ProcessProducer({
      observers: this.#observers,
      naming,
      clock,
      log,
      resource: this.#resource,
      version,
    });
  }

  #observersOf({
    ledger,
    aggregator,
    agent,
    cluster,
    series,
    component,
    version,
  }: TelemetryOptions): ObservationCallback[] {
    return [
      (into) => into.add('weir_build_info', 1, { version, component }),
      (into) => this.#process.observe(into),
      ledgerObserver(ledger),
      ...this.#targets.map((target) => (into: Observations) => target.observe(into)),
      (into) => this.#observeScrapes(into),
      ...(series === undefined ? [] : [seriesObserver(series)]),
      ...(aggregator === undefined ? [] : [aggregatorObserver(aggregator)]),
      ...(agent === undefined ? [] : [agentObserver(agent)]),
      ...(cluster === undefined ? [] : [clusterObserver(cluster)]),
    ];
  }

  #observeScrapes(into: Observations): void {
    const { sent, left, cutOff } = this.exposition.counts;
    into.add('weir_metrics_scrapes_total', sent, { result: 'sent' });
    into.add('weir_metrics_scrapes_total', left, { result: 'left' });
    into.add('weir_metrics_scrapes_total', cutOff, { result: 'cut off' });
  }
}

function pushReader(
  exporter: OtlpTarget,
  { intervalMs }: TelemetryOptions['otlp'][number],
  metricProducers: MetricProducer[],
): PeriodicExportingMetricReader {
  return new PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis: intervalMs,
    // The target ends each export sooner.
    exportTimeoutMillis: intervalMs,
    maxExportBatchSize: MAX_POINTS,
    metricProducers,
  });
}

const doNothing = () => {};
const silent = { error: doNothing, warn: doNothing, info: doNothing, debug: doNothing, verbose: doNothing };
