import type { Attributes } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import type { CollectionResult, Histogram, MetricData, MetricProducer } from '@opentelemetry/sdk-metrics';
import { type Clock, describeError, type Log, Slices } from '../../runtime/index.ts';
import {
  attributeWriter,
  histogramData,
  hrTimeOf,
  type MetricIdentity,
  type Naming,
  scalarData,
} from '../exposition/index.ts';
import { type Observation, type ObservationCallback, Observations } from './observations.ts';
import { otelNameOf, type ProcessMetricName, processMetrics } from './process-metrics.ts';
import type { HistogramReading } from './readings.ts';

export interface ProcessProducerOptions {
  readonly observers: readonly ObservationCallback[];
  readonly naming: Naming;
  readonly clock: Clock;
  readonly log: Log;
  /** Readers use the provider's resource instead; the interface requires one. */
  readonly resource: Resource;
  readonly version: string;
}

/**
 * Process metrics for the SDK's readers. They are not instruments of the SDK. It exports a series of an
 * observable instrument for ever, while exporters, clients and links come and go. Beyond 2000 series it
 * merges them all. Without a reader, recorded values pile up. And a histogram cannot be observed.
 */
export class ProcessProducer implements MetricProducer {
  readonly #options: ProcessProducerOptions;
  /** In monotonic time. */
  readonly #startedAt: number;

  constructor(options: ProcessProducerOptions) {
    this.#options = options;
    this.#startedAt = options.clock.monotonic();
  }

  async collect(): Promise<CollectionResult> {
    const { observers, log, resource, version } = this.#options;
    const observed = new Observations();
    const outcomes = await Promise.allSettled(observers.map(async (observe) => observe(observed)));
    const errors = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    for (const error of errors)
      log.limited('metrics', 'not told', `some could not be read: ${describeError(error)}`);
    const scope = { name: 'weir', version };
    return {
      resourceMetrics: { resource, scopeMetrics: [{ scope, metrics: await this.#metricsOf(observed) }] },
      errors,
    };
  }

  async #metricsOf({ scalars, histograms }: Observations): Promise<MetricData[]> {
    const { naming, clock } = this.#options;
    const times = { startTime: hrTimeOf(clock.wallAt(this.#startedAt)), endTime: hrTimeOf(clock.now()) };
    const pointsOf = <Value, Told>(
      name: ProcessMetricName,
      series: Iterable<Observation<Value>>,
      tell: (value: Value) => Told,
    ) => {
      const writers = processMetrics[name].labels.map(
        (label) => [label, attributeWriter(label, 'process', naming)] as const,
      );
      return Array.from(series, ({ labels, value }) => {
        const attributes: Attributes = {};
        for (const [label, write] of writers) write(attributes, String(labels[label]));
        return { ...times, attributes, value: tell(value) };
      });
    };
    // In the order of the table, so that each reader gets the same order.
    const metrics: MetricData[] = [];
    const slices = new Slices();
    for (const name of Object.keys(processMetrics) as ProcessMetricName[]) {
      if (slices.isOver) await slices.next();
      const identity = identityOf(name);
      const scalar = scalars.get(name as never);
      const histogram = histograms.get(name as never);
      if (scalar !== undefined) {
        const points = pointsOf(name, scalar.values(), (value) => value);
        metrics.push(scalarData(identity, naming, points));
      } else if (histogram !== undefined) {
        metrics.push(histogramData(identity, naming, pointsOf(name, histogram, histogramOf)));
      }
    }
    return metrics;
  }
}

function identityOf(name: ProcessMetricName): MetricIdentity {
  const { type, unit, description } = processMetrics[name];
  return { name, otelName: otelNameOf(name), type, unit, description };
}

function histogramOf({ bounds, counts, sum }: HistogramReading): Histogram {
  const own = Array.from(counts);
  const count = own.reduce((total, one) => total + one, 0);
  return { buckets: { boundaries: [...bounds], counts: own }, sum, count };
}
