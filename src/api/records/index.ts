/** The flows that are in the aggregator now, and what went through it, as the reference system shows them. */
export { exportersRoute, MOST_EXPORTERS_ASKED } from './exporters-route.ts';
export { type FlowListing, flowRecordsRoute } from './flow-records-route.ts';
export { type TupleParameter, tupleParameters } from './flow-tuple.ts';
export { logLevelRoutes } from './log-level.ts';
export { recordMapKeys } from './record-map.ts';
export {
  type FlowCollector,
  flowCollectorsRoute,
  type RecordMetrics,
  recordMetricsRoute,
} from './record-metrics.ts';
