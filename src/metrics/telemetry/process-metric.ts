/** A metric of the process itself. */
export interface ProcessMetric {
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** In the Unified Code for Units of Measure, as in OpenTelemetry. */
  readonly unit: string;
  readonly labels: readonly string[];
  readonly description: string;
  /** The processes that have it. */
  readonly of: 'every' | 'agent' | 'aggregator';
  /**
   * Its OpenTelemetry name, when a convention has one; otherwise the Prometheus name with dots, without
   * `_total`.
   */
  readonly otelName?: string;
}
