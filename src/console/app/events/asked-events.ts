import type { EventsAnswer } from '../../../flow/index.ts';
import { askJson, type Feed, useAnswer } from '../answer/index.ts';

/** Events that are shown at most; the newest ones. */
const MOST_SHOWN = 1_000;

/** Which events: times in RFC 3339 or how long ago, and words that each of them has. */
export interface EventsQuestion {
  readonly since: string;
  readonly until: string;
  readonly search: string;
}

/** Asks for the events of a time; undefined asks nothing. */
export function useEvents(question: EventsQuestion | undefined): Feed<EventsAnswer> {
  const query = question && new URLSearchParams({ ...question, limit: String(MOST_SHOWN) }).toString();
  return useAnswer(query, (signal) => askJson<EventsAnswer>(`../events?${query}`, { signal }));
}
