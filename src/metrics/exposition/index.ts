/**
 * Series for readers: text for Prometheus (own, in slices) and data for the SDK's readers. Never loads the
 * SDK.
 */
export {
  type AttributeMapping,
  attributeMappings,
  attributeOf,
  attributeWriter,
  type Naming,
} from './attributes.ts';
export { Exposition, type ExpositionOptions, type ScrapeCounts } from './exposition.ts';
export { FlowProducer, type FlowProducerOptions } from './flow-producer.ts';
export { histogramData, hrTimeOf, type MetricIdentity, scalarData } from './metric-data.ts';
export { openMetricsOf } from './open-metrics.ts';
export { type MetricsListen, metricsListen } from './options.ts';
export type { TextFormat } from './text-format.ts';
