/**
 * The Intermediate Process takes the records of all nodes, joins the two halves of each flow, and aggregates.
 * It reports flows at their timeouts and passes the records to sinks. Knows nothing of IPFIX or of the work
 * of a sink.
 *
 * A record passes `incoming-records` (columns of its batch), `correlation` (which flow), and `accumulation`
 * (into the flow's row, `flow-row`, of the `flow-table`). Then come `expiry` (when), `flow-report` (row to
 * record) and `fan-out` (to the sinks). In Proxy mode it only passes the `forwarder`.
 */
export { Aggregator, type AggregatorParts } from './aggregator.ts';
export type { BatchOutlet } from './batch-outlet.ts';
export { FanOut } from './fan-out.ts';
export { Forwarder } from './forwarder.ts';
export type { IntermediateProcess } from './intermediate-process.ts';
export {
  type AggregatorOptions,
  type AggregatorTimes,
  aggregatorOptions,
  defaultAggregatorOptions,
  rangesOption,
  sinkQueueRecords,
} from './options.ts';
export { RangeNamer } from './range-namer.ts';
export type { SinkOptions } from './sink-lane.ts';
