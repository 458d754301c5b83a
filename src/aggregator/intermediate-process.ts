import type { FlowBatch } from '../flow/index.ts';
import type { Component } from '../runtime/index.ts';
import type { AggregatorTimes } from './options.ts';

/** Takes records from the Collecting Process and writes others for the sinks (RFC 6183). */
export interface IntermediateProcess extends Component {
  /** Flows that it holds. */
  readonly size: number;
  readonly memoryOctets: number;
  /** Takes the records of a batch, which may be filled anew as soon as this returns. */
  accept(batch: FlowBatch): void;
  changeTimes(times: AggregatorTimes): void;
  /** The flows that it holds, in batches. Readers may pause between batches. */
  flowBatches(): Generator<FlowBatch>;
}
