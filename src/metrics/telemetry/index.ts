/**
 * Metrics of the process itself, and OpenTelemetry's SDK, which reads from producers, answers scrapes and
 * sends OTLP.
 */
export { metricsInstance, otlpOptions, otlpReceiver } from './options.ts';
export type { OtlpOptions } from './otlp-options.ts';
export type { ProcessMetric } from './process-metric.ts';
export { otelNameOf, type ProcessMetricName, processMetrics } from './process-metrics.ts';
export type {
  AgentReadings,
  AggregatorReadings,
  ClusterReadings,
  SeriesReadings,
  SinkReadings,
} from './readings.ts';
export { Telemetry } from './telemetry.ts';
export type { TelemetryOptions } from './telemetry-options.ts';
