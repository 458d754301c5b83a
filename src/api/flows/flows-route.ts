import type { ServerResponse } from 'node:http';
import { missedRecordsLine } from '../../flow/index.ts';
import { REACH_HEADER, type Route } from '../../http/index.ts';
import type { QueryDesk, RecordsPart } from '../../query/index.ts';
import { type Account, type Clock, describeError, type Ledger, WeirError } from '../../runtime/index.ts';
import { queryHttpError } from '../query/index.ts';
import { everyFlow, type FlowScope, ReaderPlaces, type ScopeOf } from '../scopes/index.ts';
import { type FlowsQuery, readFlowsQuery } from './flows-query.ts';
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
  /** Default none. */
  readonly stored?: StoredFlowsParts;
}

/** The history that a process keeps. */
export interface StoredFlowsParts {
  /** Its directory; undefined for none. */
  readonly history: () => string | undefined;
  readonly queries: QueryDesk;
  /** Told why it cannot be read. */
  readonly onTrouble: (text: string) => void;
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
  { name = 'http', scopeOf = async () => everyFlow, stored }: FlowsRouteOptions = {},
): Route {
  const gone = ledger.open(name, 'records', undefined, { expectedDrops });
  const source: FlowsSource = { flows, clock, turns: new SharedTurns() };
  const places = new ReaderPlaces(placesOptions);
  return async ({ url, request, response }) => {
    const query = readFlowsQuery(url.searchParams, clock);
    const scope = await scopeOf(request, query.follow ? 'watch' : 'list');
    // The client has left meanwhile: who wants an answer without an end closes nothing before.
    if (response.destroyed || (query.follow && request.socket.readableEnded)) return;
    const leave = takePlace(places, scope.reader, gone);
    const left = new AbortController();
    response.on('close', () => left.abort());
    const { remoteAddress, remotePort } = request.socket;
    const peer = remoteAddress === undefined ? 'on the socket' : `${remoteAddress}:${remotePort}`;
    const own = ledger.open(`${name} client ${peer}`, 'records', undefined, {
      component: gone.name,
      expectedDrops,
    });
    const answer: FlowsAnswer = {
      ...{ query, scope, response, left: left.signal },
      isHead: request.method === 'HEAD',
      reader: new FlowsReader(source, own, { query, scope }, response, left.signal),
    };
    try {
      const isBefore = isBeforeWindow(query, flows);
      if (stored === undefined || !isBefore || !(await sendStored(answer, stored))) {
        startAnswer(answer);
        if (!answer.isHead) await answer.reader.run();
      }
      response.end();
    } finally {
      leave();
      if (answer.reader.hasStalled) gone.note('clients that took nothing');
      ledger.close(own);
      addAccount(own, gone);
    }
  };
}

const isBeforeWindow = ({ sinceMs, follow }: FlowsQuery, flows: RecentFlows): boolean =>
  !follow && sinceMs !== undefined && sinceMs < flows.reachMs;

/** The answer to one client. */
interface FlowsAnswer {
  readonly query: FlowsQuery;
  readonly scope: FlowScope;
  readonly response: ServerResponse;
  readonly isHead: boolean;
  readonly reader: FlowsReader;
  /** Aborted when the client has left. */
  readonly left: AbortSignal;
}

/** @param reachMs of the history that it comes from */
function startAnswer({ response }: FlowsAnswer, reachMs?: number): void {
  response.writeHead(200, {
    'content-type': 'application/x-ndjson',
    'cache-control': 'no-store',
    ...(reachMs === undefined ? {} : { [REACH_HEADER]: new Date(reachMs).toISOString() }),
  });
  response.flushHeaders();
}

/**
 * Answers from the history. What goes wrong after the first part stands in the last line of the answer.
 * @returns false when the process keeps none, or one that cannot be read: then the window answers
 * @throws {HttpError} when nobody has time for the question, or it fails
 */
async function sendStored(
  answer: FlowsAnswer,
  { history, queries, onTrouble }: StoredFlowsParts,
): Promise<boolean> {
  const directory = history();
  if (directory === undefined) return false;
  const { query, scope, response, isHead, reader, left } = answer;
  const { condition, sinceMs } = query;
  const wanted = { condition, sinceMs, last: isHead ? 0 : query.last };
  const takePart = async ({ text, records, reachesBackToMs }: RecordsPart) => {
    if (!response.headersSent) startAnswer(answer, reachesBackToMs);
    if (!isHead) await reader.send(text, records);
  };
  try {
    const asker = { name: scope.reader, reader: await scope.namespaceReader() };
    const { notices } = await queries.read(directory, wanted, left, asker, takePart);
    for (const notice of notices) onTrouble(notice);
  } catch (error) {
    if (left.aborted) return true;
    if (!response.headersSent) {
      if (!(error instanceof WeirError) || !error.code.startsWith('WEIR_HISTORY'))
        throw queryHttpError(error);
      onTrouble(describeError(error));
      return false;
    }
    await reader.send(
      Buffer.from(missedRecordsLine('some', describeError(error).replaceAll(/\s+/g, ' '))),
      0,
    );
  }
  return true;
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
