/**
 * The Intermediate Process: takes the records of all nodes, joins the two halves of each flow, aggregates,
 * reports flows at their timeouts and hands the records to sinks. Knows nothing of IPFIX, and not what a sink
 * does with a batch.
 *
 * A record's way: `incoming-records` (columns of its batch), `correlation` (which flow), `accumulation` (into
 * the flow's row, `flow-row`, of the `flow-table`), `expiry` (when), `flow-report` (row to record), `fan-out`
 * (to the sinks).
 */
export { Aggregator, type AggregatorParts } from './aggregator.ts';
export type { BatchOutlet } from './batch-outlet.ts';
export { FanOut } from './fan-out.ts';
export {
  type AggregatorOptions,
  aggregatorOptions,
  defaultAggregatorOptions,
  sinkQueueRecords,
} from './options.ts';
export type { SinkOptions } from './sink-lane.ts';
