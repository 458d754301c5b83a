import type { FieldName } from '../../flow/index.ts';
import type { AccountStatement, ErrorCode, LogEntry } from '../../runtime/index.ts';

/* Messages between the main thread and the thread of a sink. */

export type ToWorker =
  | { readonly kind: 'batch'; readonly batch: SentBatch }
  | { readonly kind: 'stop'; readonly deadlineMs: number };

/** A batch of flows: its buffer, and what is new since the last batch. */
export interface SentBatch {
  readonly length: number;
  readonly buffer: ArrayBufferLike;
  /** Of the columns in the buffer; undefined: as before. */
  readonly layout: { readonly fields: readonly FieldName[]; readonly capacity: number } | undefined;
  /** Undefined: none. */
  readonly strings: NewStrings | undefined;
}

/** Strings of a dictionary from an id on: their bytes concatenated, and the length of each. */
export interface NewStrings {
  /** 1 starts a new dictionary. */
  readonly firstId: number;
  readonly bytes: Uint8Array;
  readonly lengths: Uint32Array;
}

export type FromWorker =
  | { readonly kind: 'started' }
  /** The sink could not start. */
  | {
      readonly kind: 'refused';
      readonly code: ErrorCode;
      readonly message: string;
      readonly remedy: string | undefined;
    }
  /** The sink has accepted the batch, and there is room for another. */
  | { readonly kind: 'taken'; readonly status: SinkWorkerState }
  | { readonly kind: 'status'; readonly status: SinkWorkerState }
  | { readonly kind: 'log'; readonly entry: LogEntry };

export interface SinkWorkerState {
  readonly account: AccountStatement;
  readonly isUp: boolean;
  /** Anything else that the sink reports about itself; plain data. */
  readonly facts: unknown;
}
