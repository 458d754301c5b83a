/**
 * Series as others read them: text for Prometheus (own, in slices, without the SDK), and data for the readers
 * of OpenTelemetry's SDK. Nothing here loads the SDK.
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
export type { TextFormat } from './text-format.ts';
