/** Totals of the flows of a history: by SQL over its files, row by row over its log. */
export { type GroupTotals, readTotals, type Totals } from './totals.ts';
export type { TotalsWanted } from './wanted.ts';
