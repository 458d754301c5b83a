import type { Clock } from '../runtime/index.ts';
import type { SumTier } from './file-names.ts';
import type { Maker } from './making/index.ts';
import type { Removal } from './manifest.ts';
import type { SumBounds } from './sum-bounds.ts';

export interface HistoryOptions {
  /** For this history only; created when missing. */
  readonly directory: string;
  /** Bound for all files together. */
  readonly maxOctets: number;
  /** Records that were stored longer ago are deleted, a whole file at a time. */
  readonly maxAgeMs: number;
  readonly clock: Clock;
  /** What a person should know: a code, and what was lost. */
  readonly onTrouble?: (kind: string, text: string) => void;
  /** Records that leave, by the reason. */
  readonly onRemoval?: (why: Removal, records: number) => void;
  /** Lines of the list of files that are damaged or missing, at the start. */
  readonly onDamagedLines?: (lines: number) => void;
  /** How much of the sums by minute and by hour is kept; default `defaultSums`. */
  readonly sums?: SumBounds;
  /** Records whose sums leave, by the tier and the reason. */
  readonly onSumsRemoval?: (tier: SumTier, why: Removal, records: number) => void;
  /** How many records a file has at most; default 131,072. */
  readonly fileRecords?: number;
  /** What makes its files; default this thread. */
  readonly maker?: Maker;
}
