import { REACH_HEADER, type Route } from '../../http/index.ts';
import { type Account, type Clock, describeError, type Ledger } from '../../runtime/index.ts';
import { HistoryReader } from '../../store/index.ts';
import { everyFlow, ReaderPlaces, type ScopeOf } from '../scopes/index.ts';
import { type FlowsQuery, readFlowsQuery } from './flows-query.ts';
import { FlowsReader, type FlowsSource } from './flows-reader.ts';
import type { RecentFlows } from './recent-flows.ts';
import { SharedTurns } from './shared-turns.ts';

/** Each reads with an engine of its own, which takes memory. */
const historyPlacesOptions = { most: 2, mostOfOne: 2, what: 'reading the history' };

/** Clients that read flows at a time. Those of one ServiceAccount may be a whole team. */
const placesOptions = { most: 64, mostOfOne: 16, what: 'reading flows' };

/** Rows that a client did not get by its own doing are not lost. */
const expectedDrops = ['read too slowly', 'client left'];

export interface FlowsRouteOptions {
  /** The name of its account; default "http". */
  readonly name?: string;
  /** What the client of a request may read; default everything. */
  readonly scopeOf?: ScopeOf;
  /** The directory of the history that this process keeps; undefined for none. Default none. */
  readonly history?: () => string | undefined;
  /** Told why the history cannot be read. */
  readonly onTrouble?: (text: string) => void;
}

/**
 * GET /flows: records of the window as newline-delimited JSON, the oldest first. The query takes the filter
 * words and `where`, a condition as text; all must hold. It takes `since` (a duration, or a time in RFC
 * 3339), `last` (the newest ones, this many) and `follow=true`.
 * When `since` is before the window, and this process keeps a history, all of the answer comes from there.
 * Then the header `weir-reaches-back-to` has the time of its oldest record. With `follow` it comes from the
 * window.
 *
 * Each client has a ledger account while it reads. Accounts of former clients are summed up in one. It also
 * counts refused clients, and those disconnected because they read nothing.
 */
export function flowsRoute(
  flows: RecentFlows,
  clock: Clock,
  ledger: Ledger,
  {
    name = 'http',
    scopeOf = async () => everyFlow,
    history = () => undefined,
    onTrouble = () => {},
  }: FlowsRouteOptions = {},
): Route {
  const gone = ledger.open(name, 'records', undefined, { expectedDrops });
  const source: FlowsSource = { flows, clock, turns: new SharedTurns() };
  const places = new ReaderPlaces(placesOptions);
  const historyPlaces = new ReaderPlaces(historyPlacesOptions);
  return async ({ url, request, response }) => {
    const query = readFlowsQuery(url.searchParams, clock);
    const scope = await scopeOf(request, query.follow ? 'watch' : 'list');
    if (response.destroyed) return; // the client has left meanwhile
    const directory = isBeforeWindow(query, flows) ? history() : undefined;
    const leave = takePlace(places, scope.reader, gone);
    await using stored = await openHistory(directory, historyPlaces, scope.reader, onTrouble).catch(
      (error: unknown) => {
        leave();
        throw error;
      },
    );
    const left = new AbortController();
    response.on('close', () => left.abort());
    response.writeHead(200, {
      'content-type': 'application/x-ndjson',
      'cache-control': 'no-store',
      ...(stored === undefined ? {} : await reachOf(stored.reader)),
    });
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
      if (stored === undefined) await reader.run();
      else await reader.runStored(stored.reader);
      for (const notice of stored?.reader.notices ?? []) onTrouble(notice);
      response.end();
    } finally {
      leave();
      if (reader.hasStalled) gone.note('clients that took nothing');
      ledger.close(own);
      addAccount(own, gone);
    }
  };
}

const isBeforeWindow = ({ sinceMs, follow }: FlowsQuery, flows: RecentFlows): boolean =>
  !follow && sinceMs !== undefined && sinceMs < flows.reachMs;

/** A reader of the history, and a place among its readers. Undefined when there is none that can be read. */
async function openHistory(
  directory: string | undefined,
  places: ReaderPlaces,
  client: string | undefined,
  onTrouble: (text: string) => void,
): Promise<(AsyncDisposable & { readonly reader: HistoryReader }) | undefined> {
  if (directory === undefined) return undefined;
  const leave = places.take(client);
  try {
    const reader = await HistoryReader.open(directory);
    return {
      reader,
      [Symbol.asyncDispose]: async () => {
        reader[Symbol.dispose]();
        leave();
      },
    };
  } catch (error) {
    leave();
    onTrouble(describeError(error));
    return undefined;
  }
}

async function reachOf(reader: HistoryReader): Promise<Record<string, string>> {
  const oldestMs = await reader.oldestMs();
  return oldestMs === undefined ? {} : { [REACH_HEADER]: new Date(oldestMs).toISOString() };
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
