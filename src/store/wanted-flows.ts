import type { FlowBatch, FlowCondition } from '../flow/index.ts';

export interface FlowsWanted {
  readonly condition: FlowCondition;
  /** Stored at this time or later, in milliseconds since 1970. */
  readonly sinceMs?: number | undefined;
  /** Only the newest, this many. */
  readonly last?: number | undefined;
}

/** Rows of a batch. */
export interface FoundRows {
  readonly batch: FlowBatch;
  readonly rows: readonly number[];
}
