import type { IncomingMessage } from 'node:http';
import { request as requestByHttps } from 'node:https';
import { printableText, WeirError } from '../../runtime/index.ts';
import { request as requestByHttp } from '../../runtime/node-http.ts';
import type { ServerAddress } from './server-address.ts';

/** What is asked of a server. */
export interface ServerRequest {
  /** Of a route, with a query: /flows?last=1. */
  readonly path: string;
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT';
  /** In JSON. */
  readonly body?: Buffer;
  /** The bearer token that the server expects. */
  readonly token: string | undefined;
  /** Within which the answer must begin, in milliseconds. */
  readonly answerMs?: number;
  /** Maximum characters of a line; default 2^20. */
  readonly maxLine?: number;
  /** Breaks the request off, and the answer. */
  readonly signal?: AbortSignal;
  /** Called with the headers of an answer before its lines. */
  readonly onHeaders?: (headers: IncomingMessage['headers']) => void;
}

/** Maximum octets shown of a refusal, and of a line. */
const MAX_REFUSAL = 2_000;
const MAX_LINE = 1_048_576;

/** A server begins its answer at once, even before the first flow. */
const ANSWER_MS = 10_000;

/**
 * Asks a server. Yields the lines of the answer as they arrive, those of one chunk as one list.
 * @throws {WeirError} WEIR_SERVER_UNREACHABLE, WEIR_SERVER_REFUSED; between lines, WEIR_SERVER_LOST
 */
export async function askAggregator(
  server: ServerAddress,
  request: ServerRequest,
): Promise<AsyncIterable<string[]>> {
  const response = await beginAnswer(server, request);
  if (response.statusCode !== 200) throw await refusalError(server, response);
  request.onHeaders?.(response.headers);
  return linesOf(response, server, request);
}

async function* linesOf(
  response: IncomingMessage,
  { name }: ServerAddress,
  { signal, maxLine = MAX_LINE }: ServerRequest,
): AsyncGenerator<string[]> {
  let rest = '';
  try {
    for await (const text of response.setEncoding('utf8')) {
      const lines = (rest + text).split('\n');
      rest = lines.pop()!;
      if (rest.length > maxLine) throw new Error(`a line has more than ${maxLine} characters`);
      if (lines.length > 0) yield lines;
    }
  } catch (cause) {
    signal?.throwIfAborted();
    const { code, message } = cause as NodeJS.ErrnoException;
    const reason = code === 'ECONNRESET' ? '' : `: ${message}`;
    throw new WeirError('WEIR_SERVER_LOST', `${name} closed the connection${reason}`, { cause });
  }
}

/**
 * Sends a request. Settles with the beginning of the answer, whatever its status.
 * @throws {WeirError} WEIR_SERVER_UNREACHABLE
 */
export function beginAnswer(
  { name, basePath, target }: ServerAddress,
  { path, method = 'GET', body, token, answerMs = ANSWER_MS, signal }: ServerRequest,
): Promise<IncomingMessage> {
  const request = target.protocol === 'https:' ? requestByHttps : requestByHttp;
  const headers = {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': body.length }),
  };
  const options = { ...target, path: basePath + path, method, headers, signal };
  return new Promise((resolve, reject) => {
    const asking = request(options, (response) => {
      clearTimeout(late);
      resolve(response);
    });
    const late = setTimeout(() => asking.destroy(new Late(`none within ${answerMs / 1000} s`)), answerMs);
    asking.on('error', (cause: NodeJS.ErrnoException) => {
      clearTimeout(late);
      if (signal?.aborted) return reject(signal.reason);
      if (cause instanceof WeirError) return reject(cause); // it says itself what to do
      reject(
        new WeirError('WEIR_SERVER_UNREACHABLE', `no answer from ${name}: ${cause.code ?? cause.message}`, {
          remedy: remedyFor(cause),
          cause,
        }),
      );
    });
    asking.end(body);
  });
}

class Late extends Error {}

function remedyFor(cause: NodeJS.ErrnoException): string {
  if (cause instanceof Late) return stuck;
  const code = cause.code ?? '';
  if (/CERT|SELF_SIGNED|UNABLE_TO_(GET_ISSUER|VERIFY)/.test(code)) return distrusted;
  return remedies[code] ?? otherwise;
}

const stuck = 'A program listens there and says nothing: see whether it is stopped, too busy, or no Weir.';
const otherwise =
  'Start "weir up" or "weir aggregator" on this host, or say where it answers with --server ADDRESS.';
const noHttp =
  'A program listens there that does not answer over HTTP. Name the address of http.listen, not the one where IPFIX comes in.';
const distrusted =
  'Name the authority that signed its certificate with --ca-file, and the host by a name in the certificate.';
const remedies: Readonly<Record<string, string>> = {
  ECONNRESET: noHttp,
  HPE_INVALID_CONSTANT: noHttp,
  EACCES: "Only the socket's owner and group may ask: become a member of its group.",
};

/** The error for another answer. Its text comes from outside, so it is cut and put on one line. */
async function refusalError({ name }: ServerAddress, response: IncomingMessage): Promise<WeirError> {
  let text = '';
  try {
    for await (const chunk of response.setEncoding('utf8')) {
      text += chunk;
      if (text.length > MAX_REFUSAL) break;
    }
  } catch {
    // The text so far is enough.
  }
  const words = printableText(errorIn(text).trim().slice(0, MAX_REFUSAL));
  return new WeirError('WEIR_SERVER_REFUSED', `${name} says ${response.statusCode}: ${words}`);
}

/** Weir's own servers send errors as JSON. */
function errorIn(text: string): string {
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    return typeof error === 'string' ? error : text;
  } catch {
    return text;
  }
}
