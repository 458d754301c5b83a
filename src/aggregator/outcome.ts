/** The result of a further record of an observer. */
export const Outcome = {
  merged: 0,
  /** It has nothing new. */
  duplicate: 1,
  /** A later record with higher counts came first. */
  late: 2,
  /** Its counters have started again: it belongs to another flow. */
  reset: 3,
} as const;
export type Outcome = (typeof Outcome)[keyof typeof Outcome];
