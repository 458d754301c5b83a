/** What became of a record of an observer that had reported the flow before. */
export const Outcome = {
  merged: 0,
  /** It says what is known. */
  duplicate: 1,
  /** A later one has come before it, which said more. */
  late: 2,
  /** Its counters have begun anew: it is of another flow. */
  reset: 3,
} as const;
export type Outcome = (typeof Outcome)[keyof typeof Outcome];
