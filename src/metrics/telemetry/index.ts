/**
 * Metrics of the process itself, and OpenTelemetry's SDK: it reads from producers, serves scrapes and sends
 * to receivers of OTLP.
 */
export type { OtlpOptions } from './otlp-options.ts';
export { otelNameOf, type ProcessMetric, type ProcessMetricName, processMetrics } from './process-metrics.ts';
export type { AgentReadings, AggregatorReadings, SeriesReadings, SinkReading } from './readings.ts';
export { Telemetry, type TelemetryOptions } from './telemetry.ts';
