import type { ErrorCode } from '../../runtime/index.ts';
import type { SentBatch } from '../../sinks/index.ts';
import type { SumsFile } from '../manifest.ts';
import type { MadeOfSegment, WantedSums, WholeSegment } from './maker.ts';

/* Messages between the thread of a history and the one that makes its files. */

export type ToMaker =
  | { readonly kind: 'file'; readonly segment: WholeSegment; readonly gathered: SentRows | undefined }
  | { readonly kind: 'sums'; readonly wanted: WantedSums }
  | { readonly kind: 'rest' | 'interrupt' | 'close' };

/** Rows in memory. Their memory is shared. */
export interface SentRows {
  readonly batches: readonly SentBatch[];
  readonly times: Float64Array;
}

/** The answer to a wish for a file or for sums. */
export type FromMaker =
  | { readonly kind: 'file'; readonly made: MadeOfSegment | undefined }
  | { readonly kind: 'sums'; readonly file: SumsFile }
  | { readonly kind: 'failed'; readonly failure: Failure };

/** What an error says: a thread gets no more of it from another one. */
export interface Failure {
  readonly message: string;
  /** Of the operating system. */
  readonly errno: string | undefined;
  /** Of an error that Weir has a code for. */
  readonly known: { readonly code: ErrorCode; readonly remedy: string | undefined } | undefined;
}
