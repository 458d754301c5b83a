/** Totals of the flows of a history: by SQL over its files of records and sums, row by row over its log. */

export type { HistoryTier } from './history-files.ts';
export type { SumsNote } from './sums-notes.ts';
export { type GroupTotals, readTotals, type Totals } from './totals.ts';
export { firstBucketMs, type TotalsWanted } from './wanted.ts';
