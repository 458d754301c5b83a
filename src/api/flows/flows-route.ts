import type { Route } from '../../http/index.ts';
import type { Account, Clock, Ledger } from '../../runtime/index.ts';
import { everyFlow, ReaderPlaces, type ScopeOf } from '../scopes/index.ts';
import { readFlowsQuery } from './flows-query.ts';
import { FlowsReader, type FlowsSource } from './flows-reader.ts';
import type { RecentFlows } from './recent-flows.ts';
import { SharedTurns } from './shared-turns.ts';

/** Clients that read flows at a time. Those of one ServiceAccount may be a whole team. */
const placesOptions = { most: 64, mostOfOne: 16, what: 'reading flows' };

/** Rows that a client did not get by its own doing are not lost. */
const expectedDrops = ['read too slowly', 'client left'];

export interface FlowsRouteOptions {
  /** The name of its account; default "http". */
  readonly name?: string;
  /** What the client of a request may read; default everything. */
  readonly scopeOf?: ScopeOf;
}

/**
 * GET /flows: records of the window as newline-delimited JSON, the oldest first. The query takes the filter
 * words, `since` (a duration, or a time in RFC 3339), `last` (the newest ones, this many) and `follow=true`.
 *
 * Each client has a ledger account while it reads. Accounts of former clients are summed up in one. It also
 * counts refused clients, and those disconnected because they read nothing.
 */
export function flowsRoute(
  flows: RecentFlows,
  clock: Clock,
  ledger: Ledger,
  { name = 'http', scopeOf = async () => everyFlow }: FlowsRouteOptions = {},
): Route {
  const gone = ledger.open(name, 'records', undefined, { expectedDrops });
  const source: FlowsSource = { flows, clock, turns: new SharedTurns() };
  const places = new ReaderPlaces(placesOptions);
  return async ({ url, request, response }) => {
    const query = readFlowsQuery(url.searchParams, clock);
    const scope = await scopeOf(request, query.follow ? 'watch' : 'list');
    if (response.destroyed) return; // the client has left meanwhile
    const leave = takePlace(places, scope.reader, gone);
    const left = new AbortController();
    response.on('close', () => left.abort());
    response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
    if (request.method === 'HEAD') {
      leave();
      response.end();
      return;
    }
    response.flushHeaders();
    const { remoteAddress, remotePort } = request.socket;
    const peer = remoteAddress === undefined ? 'on the socket' : `${remoteAddress}:${remotePort}`;
    const own = ledger.open(`${name} client ${peer}`, 'records', undefined, {
      component: gone.name,
      expectedDrops,
    });
    const reader = new FlowsReader(source, own, { query, scope }, response, left.signal);
    try {
      await reader.run();
      response.end();
    } finally {
      leave();
      if (reader.hasStalled) gone.note('clients that took nothing');
      ledger.close(own);
      addAccount(own, gone);
    }
  };
}

function takePlace(places: ReaderPlaces, reader: string | undefined, gone: Account): () => void {
  try {
    return places.take(reader);
  } catch (error) {
    gone.note('clients refused');
    throw error;
  }
}

function addAccount(own: Account, into: Account): void {
  into.received += own.received;
  into.sent += own.sent;
  for (const [reason, count] of own.dropped) into.drop(reason, count);
}
