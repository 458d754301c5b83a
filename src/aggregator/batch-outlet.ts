import type { FlowBatch } from '../flow/index.ts';

/** Takes the aggregator's batches; `FanOut` is one. */
export interface BatchOutlet {
  write(batch: FlowBatch): void;
  /** Whether this many more records should be written now. Records written anyway are taken or counted. */
  hasRoomFor(records: number): boolean;
  /** Resolves when there is room for more. Records written before are taken or counted anyway. */
  room(): Promise<void>;
  /** A batch that nobody uses any more, for refilling. */
  spare?(): FlowBatch | undefined;
}
