import type { ServerResponse } from 'node:http';
import type { EventsAnswer } from '../../flow/index.ts';
import { HttpError, REACH_HEADER, type Route, sendJson } from '../../http/index.ts';
import { type Clock, describeError, printableJson } from '../../runtime/index.ts';
import { type EventsWanted, readEvents } from '../../store/index.ts';
import { everyFlow, type FlowScope, ReaderPlaces, type ScopeOf } from '../scopes/index.ts';
import { readEventsQuery } from './events-query.ts';

/** Each reads all files of its time. */
const placesOptions = { most: 8, mostOfOne: 4, what: 'reading events', headers: { 'retry-after': '1' } };

export interface EventsRouteParts {
  readonly clock: Clock;
  /** The directory of the history that this process keeps; undefined for none. */
  readonly history: () => string | undefined;
  /** What the client of a request may read; default everything. */
  readonly scopeOf?: ScopeOf;
}

const NO_HISTORY =
  'this process keeps no events; start "weir up" without --no-history, or give the aggregator a history without a filter among its sinks';

/**
 * GET /events: what happened, the oldest first, as a JSON object. A client that accepts
 * application/x-ndjson gets one event a line.
 */
export function eventsRoute({ clock, history, scopeOf = async () => everyFlow }: EventsRouteParts): Route {
  const places = new ReaderPlaces(placesOptions);
  return async ({ url, request, response }) => {
    const wanted = readEventsQuery(url.searchParams, clock);
    const scope = await scopeOf(request, 'list');
    const directory = history();
    if (directory === undefined) throw new HttpError(404, NO_HISTORY);
    const leave = places.take(scope.reader);
    const left = new AbortController();
    response.on('close', () => left.abort());
    try {
      const answer = await readEvents(directory, { ...wanted, mayRead: mayReadOf(scope) }, left.signal);
      const wantsLines = /\bapplication\/x-ndjson\b/.test(request.headers.accept ?? '');
      if (wantsLines) sendLines(response, answer);
      else sendJson(response, answer);
    } catch (error) {
      if (left.signal.aborted) return;
      throw error instanceof HttpError ? error : new HttpError(503, describeError(error));
    } finally {
      leave();
    }
  };
}

/** The right to a namespace is asked for once, and the answer holds for this request. */
function mayReadOf(scope: FlowScope): EventsWanted['mayRead'] {
  if (scope.mayRead === undefined) return undefined;
  const known = new Map<string | undefined, Promise<boolean>>();
  return (namespace) => {
    const answer = known.get(namespace) ?? scope.mayRead!(namespace);
    known.set(namespace, answer);
    return answer;
  };
}

function sendLines(response: ServerResponse, { events, keptSince }: EventsAnswer): void {
  response.writeHead(200, {
    'content-type': 'application/x-ndjson',
    'cache-control': 'no-store',
    ...(keptSince === undefined ? {} : { [REACH_HEADER]: keptSince }),
  });
  response.end(events.map((event) => `${printableJson(event)}\n`).join(''));
}
