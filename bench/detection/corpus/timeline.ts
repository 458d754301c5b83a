export const minuteMs = 60_000;
export const dayMinutes = 24 * 60;
export const weekMinutes = 7 * dayMinutes;

/** A Monday at midnight, UTC. */
export const corpusStartMs = Date.UTC(2026, 0, 5);

/** Weeks of normal traffic before the week of incidents. */
const historyWeeks = 4;
export const judgedFromMinute = historyWeeks * weekMinutes;
export const corpusMinutes = judgedFromMinute + weekMinutes;

export function timeOf(minute: number): number {
  return corpusStartMs + minute * minuteMs;
}

export function minuteOf(timeMs: number): number {
  return Math.floor((timeMs - corpusStartMs) / minuteMs);
}

/** From minute `from` up to but without `to`, counted from the corpus's start. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}
