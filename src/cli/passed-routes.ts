import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { EXPORTERS_HEADER } from '../api/index.ts';
import type { Lacks, ProcessSubject } from '../console/index.ts';
import {
  HttpError,
  type HttpExchange,
  REACH_HEADER,
  type Route,
  type Routes,
  readRequestBody,
  routesForToken,
  routeWith,
} from '../http/index.ts';
import { describeError, printableText, WeirError } from '../runtime/index.ts';
import { beginAnswer, type LastingServer, type NamedServer, type ServerRequest } from './server/index.ts';

/** What the console asks of an aggregator, and what people look up beside it. All of it only reads. */
const paths = [
  '/flows',
  '/events',
  '/flowrecords',
  '/query',
  '/query/values',
  '/ledger',
  '/exporters',
  '/recordmetrics',
  '/flowcollectors',
  '/metrics',
  '/readyz',
];
const POST_PATH = '/query';
const MOST_BODY_OCTETS = 65_536;
/** Longer than a server takes for an answer. */
const ANSWER_MS = 40_000;
const passedHeaders = ['content-type', 'retry-after', REACH_HEADER, EXPORTERS_HEADER];

/**
 * Routes that another server answers, in the name of the person whose token this process has. So each of them
 * is for those who have the token of this process.
 */
export function passedRoutes(server: LastingServer): Routes {
  const passOn: Route = (exchange) => passRequest(exchange, server);
  return routesForToken({
    ...Object.fromEntries(paths.map((path) => [path, passOn])),
    [`POST ${POST_PATH}`]: routeWith({ maxBodyOctets: MOST_BODY_OCTETS }, passOn),
  });
}

const guarded = ['ledger', 'exporters', 'metrics'] as const satisfies readonly ProcessSubject[];

/** What the person whose token this process has may not ask another server, and why. */
export async function deniedSubjects(server: LastingServer): Promise<Lacks> {
  const asked = guarded.map(async (subject) => {
    const answer = await firstAnswer(server, { path: `/${subject}`, method: 'HEAD' });
    answer.resume();
    const words = `You may not read /${subject} of this aggregator. The role weir-operator allows it.`;
    return answer.statusCode === 403 ? [[subject, words]] : [];
  });
  return Object.fromEntries((await Promise.all(asked)).flat());
}

async function passRequest({ request, response, url }: HttpExchange, server: LastingServer): Promise<void> {
  const body = request.method === 'POST' ? await readRequestBody(request, MOST_BODY_OCTETS) : undefined;
  const left = new AbortController();
  response.on('close', () => left.abort(new Error('the client has left')));
  const answer = await firstAnswer(server, {
    path: url.pathname + url.search,
    method: request.method as 'GET' | 'HEAD' | 'POST',
    signal: left.signal,
    ...(body === undefined ? {} : { body }),
  });
  if (left.signal.aborted) return;
  const headers = passedHeaders.flatMap((name) => {
    const value = answer.headers[name];
    return value === undefined ? [] : [[name, value]];
  });
  response.writeHead(answer.statusCode!, { 'cache-control': 'no-store', ...Object.fromEntries(headers) });
  response.flushHeaders();
  // A client that reads slowly slows the server down. One that leaves ends the request.
  await pipeline(answer, response).catch(() => response.destroy());
}

/**
 * Asks again, once, when the server is no longer where it was or takes its token no longer. It was asked to
 * read, so asking twice does no harm.
 * @throws {HttpError} 502 when it does not answer, or does not take the token. A browser would take 401 for
 * its own.
 */
async function firstAnswer(
  server: LastingServer,
  request: Omit<ServerRequest, 'token'>,
): Promise<IncomingMessage> {
  try {
    for (let isAgain = false; ; isAgain = true) {
      const named = await server.named();
      try {
        const answer = await beginAnswer(named.address, {
          ...request,
          token: named.token,
          answerMs: ANSWER_MS,
        });
        if (answer.statusCode !== 401) return answer;
        if (isAgain) throw new HttpError(502, await refusalOf(named, answer));
        answer.destroy();
      } catch (error) {
        if (isAgain || request.signal?.aborted || error instanceof HttpError) throw error;
      }
      await server.forget(named);
    }
  } catch (error) {
    if (request.signal?.aborted || !(error instanceof WeirError)) throw error;
    throw new HttpError(502, describeError(error));
  }
}

/** Maximum octets shown of a refusal. */
const MAX_REFUSAL = 2_000;

async function refusalOf({ address }: NamedServer, answer: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of answer.setEncoding('utf8')) {
    text += chunk;
    if (text.length > MAX_REFUSAL) break;
  }
  return `${address.name} does not take the token: ${printableText(text.trim().slice(0, MAX_REFUSAL))}`;
}
