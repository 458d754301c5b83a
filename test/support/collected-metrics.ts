/**
 * One data point of a metric as a Collector received it, with the attributes of all its parents. 64-bit
 * integers are numbers; times are milliseconds since 1970.
 */
export interface CollectedPoint {
  name: string;
  unit: string;
  description: string;
  type: 'sum' | 'gauge' | 'histogram';
  /** Of a sum. */
  monotonic: boolean;
  /** Of a sum or a histogram. */
  temporality: 'unspecified' | 'delta' | 'cumulative';
  resource: Attributes;
  scope: string;
  attributes: Attributes;
  startTimeMs: number;
  timeMs: number;
  /** Of a sum or a gauge; a histogram's sum. */
  value: number;
  /** Of a histogram. */
  buckets?: { bounds: number[]; counts: number[]; count: number };
}

export type Attributes = Record<string, unknown>;

/**
 * Reads the Collector's file exporter: a line of OTLP/JSON for each batch; the last one may be incomplete.
 */
export function readCollectedMetrics(output: string): CollectedPoint[] {
  const lines = output.split('\n').slice(0, -1);
  return lines.flatMap((line) => (JSON.parse(line) as Batch).resourceMetrics.flatMap(pointsOfResource));
}

function pointsOfResource({ resource, scopeMetrics }: ResourceMetrics): CollectedPoint[] {
  return scopeMetrics.flatMap(({ scope, metrics }) =>
    (metrics ?? []).flatMap((metric) =>
      pointsOfMetric(metric).map((point) => ({
        ...point,
        resource: attributesOf(resource.attributes),
        scope: scope.name ?? '',
      })),
    ),
  );
}

function pointsOfMetric(metric: Metric): Omit<CollectedPoint, 'resource' | 'scope'>[] {
  const type = (['sum', 'gauge', 'histogram'] as const).find((name) => metric[name]);
  if (!type) throw new Error(`the metric ${metric.name} is no sum, gauge or histogram`);
  const { dataPoints, isMonotonic = false, aggregationTemporality = 0 } = metric[type]!;
  return dataPoints.map((point) => ({
    name: metric.name,
    unit: metric.unit ?? '',
    description: metric.description ?? '',
    type,
    monotonic: isMonotonic,
    temporality: (['unspecified', 'delta', 'cumulative'] as const)[aggregationTemporality]!,
    attributes: attributesOf(point.attributes),
    startTimeMs: Number(point.startTimeUnixNano ?? 0) / 1e6,
    timeMs: Number(point.timeUnixNano) / 1e6,
    value: Number(point.asDouble ?? point.asInt ?? point.sum ?? 0),
    ...(type === 'histogram' && {
      buckets: {
        bounds: point.explicitBounds ?? [],
        counts: (point.bucketCounts ?? []).map(Number),
        count: Number(point.count),
      },
    }),
  }));
}

function attributesOf(list: KeyValue[] = []): Attributes {
  return Object.fromEntries(list.map(({ key, value }) => [key, anyValue(value)]));
}

/** An AnyValue has one property, named for its type; integers are strings. */
function anyValue(value: KeyValue['value']): unknown {
  if ('intValue' in value) return Number(value.intValue);
  if ('arrayValue' in value)
    return (value.arrayValue as { values: KeyValue['value'][] }).values.map(anyValue);
  return Object.values(value)[0];
}

/* The used part of OTLP/JSON: opentelemetry/proto/metrics/v1/metrics.proto */

interface Batch {
  resourceMetrics: ResourceMetrics[];
}

interface ResourceMetrics {
  resource: { attributes?: KeyValue[] };
  scopeMetrics: { scope: { name?: string }; metrics?: Metric[] }[];
}

interface Metric {
  name: string;
  unit?: string;
  description?: string;
  sum?: Data;
  gauge?: Data;
  histogram?: Data;
}

interface Data {
  dataPoints: Point[];
  isMonotonic?: boolean;
  aggregationTemporality?: number;
}

interface Point {
  attributes?: KeyValue[];
  startTimeUnixNano?: string;
  timeUnixNano: string;
  asDouble?: number;
  asInt?: string;
  sum?: number;
  count?: string;
  explicitBounds?: number[];
  bucketCounts?: string[];
}

interface KeyValue {
  key: string;
  value: Record<string, unknown>;
}
