import type { FlowBatch } from '../flow/index.ts';

/** Where the aggregator hands its batches; `FanOut` is one. */
export interface BatchOutlet {
  write(batch: FlowBatch): void;
  /** Whether so many records more should be written now. What is written all the same is taken or counted. */
  hasRoomFor(records: number): boolean;
  /** Settles when there is room for more. What is written before is taken or counted all the same. */
  room(): Promise<void>;
  /** A batch that nobody holds any more, to be filled anew. */
  spare?(): FlowBatch | undefined;
}
