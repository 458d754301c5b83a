import type { HrTime, ValueType } from '@opentelemetry/api';
import type {
  AggregationTemporality,
  DataPoint,
  DataPointType,
  Histogram,
  MetricData,
  MetricDescriptor,
} from '@opentelemetry/sdk-metrics';
import type { Measure } from '../series/index.ts';
import type { Naming } from './attributes.ts';

// The SDK's numbers, checked by the compiler. Nothing here loads the SDK, which takes a tenth of a second.
const SUM: DataPointType.SUM = 3;
const GAUGE: DataPointType.GAUGE = 2;
const HISTOGRAM: DataPointType.HISTOGRAM = 0;
const CUMULATIVE: AggregationTemporality.CUMULATIVE = 1;
const DOUBLE: ValueType.DOUBLE = 1;

export type MetricIdentity = Pick<Measure, 'name' | 'otelName' | 'unit' | 'description' | 'type'>;

/** The points of a counter or gauge in the SDK's form. */
export function scalarData(
  metric: MetricIdentity,
  naming: Naming,
  dataPoints: DataPoint<number>[],
): MetricData {
  const descriptor = descriptorOf(metric, naming);
  return metric.type === 'counter'
    ? {
        descriptor,
        aggregationTemporality: CUMULATIVE,
        dataPointType: SUM,
        isMonotonic: true,
        dataPoints,
      }
    : { descriptor, aggregationTemporality: CUMULATIVE, dataPointType: GAUGE, dataPoints };
}

export function histogramData(
  metric: MetricIdentity,
  naming: Naming,
  dataPoints: DataPoint<Histogram>[],
): MetricData {
  return {
    descriptor: descriptorOf(metric, naming),
    aggregationTemporality: CUMULATIVE,
    dataPointType: HISTOGRAM,
    dataPoints,
  };
}

/** @param ms since 1970 */
export function hrTimeOf(ms: number): HrTime {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)];
}

/** Prometheus names of counters lose `_total` here, since the Prometheus exporter adds it. */
function descriptorOf(
  { name, otelName, unit, description }: MetricIdentity,
  naming: Naming,
): MetricDescriptor {
  const told = naming === 'prometheus' ? name.replace(/_total$/, '') : otelName;
  return { name: told, unit, description, valueType: DOUBLE };
}
