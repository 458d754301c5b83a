import { tokenFile } from '../../http/index.ts';
import { flowSeriesOptions, metricsInstance, metricsListen, otlpOptions } from '../../metrics/index.ts';
import { optionSection } from '../../runtime/index.ts';
import { defaultMetrics } from '../default-addresses.ts';

/* The section `weir.metrics` of the aggregator's file, which also says which flows are counted. */
const { idleMs, ranges, zones, defined, ...series } = flowSeriesOptions;

export const aggregatorMetrics = optionSection('Metrics for Prometheus and OTLP receivers.', {
  listen: metricsListen(defaultMetrics.aggregator),
  tokenFile,
  instance: metricsInstance("the host's name and the port of weir.http.listen, such as gate:10349"),
  ...series,
  seriesIdleTimeout: idleMs,
  ranges,
  zones,
  otlp: otlpOptions,
  defined,
});
