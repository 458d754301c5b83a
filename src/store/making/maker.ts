import type { FlowBatch } from '../../flow/index.ts';
import type { SumRange } from '../file-names.ts';
import type { StoredFile, SumsFile } from '../manifest.ts';
import type { RowForm } from '../measure-columns.ts';
import type { SegmentDamage } from '../stored-segment.ts';
import type { TimeSpan } from '../time-span.ts';

/** A segment that gets no more frames, and what it must have. */
export interface WholeSegment {
  readonly number: number;
  readonly path: string;
  readonly octets: number;
  readonly records: number;
  readonly storedAt: TimeSpan;
}

/** The rows of a segment that are in memory. They do not change. */
export interface RowsInMemory {
  readonly batches: readonly FlowBatch[];
  /** When each was stored, in milliseconds. */
  readonly times: Float64Array;
}

/** A file of records and its sums, all complete and under temporary names. */
export interface MadeFile {
  readonly path: string;
  readonly file: StoredFile;
  readonly sums: readonly SumsFile[];
}

/** What became of a segment. */
export interface MadeOfSegment {
  /** Undefined if no record can be read. */
  readonly made: MadeFile | undefined;
  readonly damage: SegmentDamage | undefined;
}

/** A file, and what the list says of it. */
export interface SumSource {
  readonly name: string;
  readonly listed: StoredFile | SumsFile;
}

/** A file of sums to make. */
export interface WantedSums {
  readonly range: SumRange;
  readonly level: number;
  readonly form: RowForm;
  /** The files that it sums up. */
  readonly of: readonly SumSource[];
}

/** Makes one file at a time. */
export interface Maker {
  /** Whether what fails now may fail because it was interrupted. */
  readonly isInterrupted: boolean;
  /**
   * Makes the file of a segment, and its sums. Undefined when its log is not there.
   * @param gathered its rows, if they are still in memory
   */
  makeFile(segment: WholeSegment, gathered: RowsInMemory | undefined): Promise<MadeOfSegment | undefined>;
  makeSums(wanted: WantedSums): Promise<SumsFile>;
  /** Nothing is wanted for now. It gives back what it can make again. */
  rest(): void;
  /** From now on all that DuckDB does fails. */
  interrupt(): void;
  /** Nothing may be under way. */
  close(): Promise<void>;
}
