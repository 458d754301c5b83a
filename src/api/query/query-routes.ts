import type { ServerResponse } from 'node:http';
import { type DimensionName, dimensionNames } from '../../flow/index.ts';
import {
  HttpError,
  type HttpExchange,
  type Routes,
  readRequestBody,
  routeWith,
  sendJson,
} from '../../http/index.ts';
import { type Query, type QueryAnswer, type QueryDesk, QueryError, readQuery } from '../../query/index.ts';
import type { Clock } from '../../runtime/index.ts';
import { everyFlow, type FlowScope, type ScopeOf } from '../scopes/index.ts';
import { queryHttpError } from './query-http-error.ts';
import { questionInBody, questionInParameters } from './query-text.ts';
import { UsedValues, type UsedValuesAnswer } from './used-values.ts';

export interface QueryRoutesParts {
  readonly clock: Clock;
  /** The directory of the history that this process keeps; undefined for none. */
  readonly history: () => string | undefined;
  readonly queries: QueryDesk;
  /** What the client of a request may read; default everything. */
  readonly scopeOf?: ScopeOf;
}

/** Octets of a question in a body. */
export const MOST_BODY_OCTETS = 65_536;
/** Characters of the beginning of a value. */
export const MOST_PREFIX = 256;

/**
 * Questions about the flow history: in a body or an address, and the values that a filter may want. They are
 * about the flows that the client may read, as it may read them.
 */
export function queryRoutes({
  clock,
  history,
  queries,
  scopeOf = async () => everyFlow,
}: QueryRoutesParts): Routes {
  const answerTo = async (query: Query, scope: FlowScope, signal: AbortSignal): Promise<QueryAnswer> => {
    const directory = history();
    if (directory === undefined) throw new HttpError(404, NO_HISTORY);
    const asker = { name: scope.reader, reader: await scope.namespaceReader() };
    return await queries.ask(directory, query, signal, asker).catch((error: unknown) => {
      throw queryHttpError(error);
    });
  };
  const used = new UsedValues(clock, (query, scope) => answerTo(query, scope, new AbortController().signal));
  const sendAnswer = async (
    { request, response }: HttpExchange,
    readQuestion: () => unknown,
  ): Promise<void> => {
    const scope = await scopeOf(request, 'list');
    const query = checkedQuery(await readQuestion(), clock.now());
    const leaving = leavingSignal(response);
    const found = await answerTo(query, scope, leaving);
    if (!leaving.aborted) sendJson(response, found);
  };
  return {
    '/query': (exchange) => sendAnswer(exchange, () => questionInParameters(exchange.url.searchParams)),
    'POST /query': routeWith({ maxBodyOctets: MOST_BODY_OCTETS }, (exchange) =>
      sendAnswer(exchange, async () =>
        questionInBody(await readRequestBody(exchange.request, MOST_BODY_OCTETS)),
      ),
    ),
    '/query/values': async ({ url, request, response }) => {
      const scope = await scopeOf(request, 'list');
      const { dimension, prefix } = valuesWanted(url.searchParams);
      const values = await used.find(dimension, prefix, scope);
      sendJson(response, { dimension, values } satisfies UsedValuesAnswer);
    },
  };
}

const NO_HISTORY =
  'this process keeps no history; start "weir up" without --no-history, or give the aggregator a history among its sinks';

function checkedQuery(question: unknown, nowMs: number): Query {
  try {
    return readQuery(question, nowMs);
  } catch (error) {
    if (error instanceof QueryError) throw new HttpError(400, error.message);
    throw error;
  }
}

/** Aborts when the client leaves. */
function leavingSignal(response: ServerResponse): AbortSignal {
  const leaving = new AbortController();
  response.on('close', () => leaving.abort(new Error('the client has left')));
  return leaving.signal;
}

function valuesWanted(parameters: URLSearchParams): { dimension: DimensionName; prefix: string } {
  for (const name of parameters.keys()) {
    if (name !== 'dimension' && name !== 'prefix')
      throw new HttpError(400, `there is no parameter ${name}; there are dimension, prefix`);
  }
  const found = parameters.get('dimension');
  const dimension = dimensionNames.find((name) => name === found);
  if (dimension === undefined)
    throw new HttpError(
      400,
      `dimension: expected one of ${dimensionNames.join(', ')}, found "${found ?? ''}"`,
    );
  const prefix = parameters.get('prefix') ?? '';
  if (prefix.length > MOST_PREFIX)
    throw new HttpError(400, `prefix: expected at most ${MOST_PREFIX} characters, found ${prefix.length}`);
  return { dimension, prefix };
}
