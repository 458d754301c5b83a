import type { ProcessMetric } from './process-metric.ts';

/** The metrics of an aggregator's sinks, by Prometheus name. */
export const sinkMetrics = {
  weir_sink_queue_records: {
    type: 'gauge',
    unit: '{record}',
    labels: ['sink'],
    description: 'records that wait for a sink; a batch counts as at least 32',
    of: 'aggregator',
  },
  weir_sink_queue_limit: {
    type: 'gauge',
    unit: '{record}',
    labels: ['sink'],
    description: 'maximum number of records that wait for a sink; the sink drops further ones',
    of: 'aggregator',
  },
  weir_sink_up: {
    type: 'gauge',
    unit: '',
    labels: ['sink'],
    description: '1 if the last write to a sink succeeded, or none was needed yet, else 0',
    of: 'aggregator',
  },
  weir_sink_certificate_expiry_timestamp_seconds: {
    type: 'gauge',
    unit: 's',
    labels: ['sink'],
    description: 'end of the certificate that the sink shows its collector, in seconds since 1970',
    of: 'aggregator',
  },
} as const satisfies Record<string, ProcessMetric>;
