import { type EventKind, eventKindNames } from '../../flow/index.ts';
import { HttpError } from '../../http/index.ts';
import { type Clock, parseSince } from '../../runtime/index.ts';
import type { EventsWanted } from '../../store/index.ts';

/** What a question about events may have, and what it looks like. */
export const eventsParameters = {
  since: 'a duration such as "10m" or "3d", or a time in RFC 3339',
  until: 'a duration or a time, or "now"',
  search: 'words that an event has, in small or capital letters',
  kind: `one of ${eventKindNames.join(', ')}`,
  namespace: 'the name of a namespace',
  limit: 'a whole number from 1 to 10000',
} as const;

export type EventsParameter = keyof typeof eventsParameters;

/** These may stand several times: any of the values matches. */
const severally: readonly EventsParameter[] = ['kind', 'namespace'];

export const DEFAULT_EVENTS_SINCE = '1h';
export const DEFAULT_EVENTS = 1_000;
export const MOST_EVENTS_ASKED = 10_000;
/** Characters of the words to search for. */
export const MOST_SEARCH = 256;

/** @throws {HttpError} with what was expected */
export function readEventsQuery(parameters: URLSearchParams, clock: Pick<Clock, 'now'>): EventsWanted {
  for (const name of parameters.keys()) {
    if (!Object.hasOwn(eventsParameters, name))
      throw new HttpError(
        400,
        `there is no parameter ${name}; there are ${Object.keys(eventsParameters).join(', ')}`,
      );
    const count = parameters.getAll(name).length;
    if (count > 1 && !severally.includes(name as EventsParameter))
      throw new HttpError(400, `${name}: expected it once, found it ${count} times`);
  }
  const nowMs = clock.now();
  const search = parameters.get('search') ?? '';
  if (search.length > MOST_SEARCH)
    throw new HttpError(400, `search: expected at most ${MOST_SEARCH} characters, found ${search.length}`);
  const sinceMs = timeOf('since', parameters.get('since') ?? DEFAULT_EVENTS_SINCE, nowMs);
  const untilMs = untilOf(parameters.get('until') ?? 'now', nowMs);
  if (untilMs <= sinceMs)
    throw new HttpError(
      400,
      `until: expected a time after since, found "${parameters.get('until') ?? 'now'}"`,
    );
  return {
    sinceMs,
    untilMs,
    kinds: kindsOf(parameters.getAll('kind')),
    namespaces: namespacesOf(parameters.getAll('namespace')),
    search,
    most: limitOf(parameters.get('limit')),
  };
}

function timeOf(name: EventsParameter, text: string, nowMs: number): number {
  return parseSince(text, nowMs) ?? rejectValue(name, text);
}

/** What happens in this millisecond belongs to now. */
const untilOf = (text: string, nowMs: number): number =>
  text === 'now' ? nowMs + 1 : timeOf('until', text, nowMs);

const kindsOf = (words: readonly string[]): readonly EventKind[] | undefined =>
  words.length === 0
    ? undefined
    : words.map((word) => eventKindNames.find((kind) => kind === word) ?? rejectValue('kind', word));

const namespacesOf = (names: readonly string[]): readonly string[] | undefined =>
  names.length === 0
    ? undefined
    : names.map((name) => (/^[a-z0-9.-]{1,253}$/.test(name) ? name : rejectValue('namespace', name)));

function limitOf(text: string | null): number {
  if (text === null) return DEFAULT_EVENTS;
  const limit = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return limit >= 1 && limit <= MOST_EVENTS_ASKED ? limit : rejectValue('limit', text);
}

function rejectValue(name: EventsParameter, found: string): never {
  throw new HttpError(400, `${name}: expected ${eventsParameters[name]}, found "${found}"`);
}
