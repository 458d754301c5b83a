import { printableText, WeirError } from '../../runtime/index.ts';
import type { LogServer } from '../log-server.ts';

/** Maximum octets of a page. */
export const MOST_ANSWER_OCTETS = 64 * 1_048_576;
/** Longer than servers work on an answer: they end a query after half a minute or a minute. */
const TIMEOUT_MS = 90_000;
/** Maximum characters of a server's error. */
const MOST_TEXT = 300;

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly octets: number;
  readonly contentType: string;
}

/** The address of an API path below a server's base, which may have its own path. */
export const urlBelow = (base: string, path: string): URL =>
  new URL(path, base.endsWith('/') ? base : `${base}/`);

/**
 * Queries a server, and reads its answer; undefined when that has more octets. The rest is not read then.
 * @throws {WeirError} WEIR_LOKI_UNREACHABLE or WEIR_VICTORIALOGS_UNREACHABLE
 */
export async function askServer(
  server: LogServer,
  url: URL,
  request: RequestInit,
  mostOctets: number,
): Promise<Answer | undefined> {
  try {
    const response = await fetch(url, { ...request, signal: AbortSignal.timeout(TIMEOUT_MS) });
    const body = await bodyOf(response, mostOctets);
    if (body === undefined) return undefined;
    return {
      status: response.status,
      text: body.toString(),
      octets: body.length,
      contentType: response.headers.get('content-type') ?? '',
    };
  } catch (error) {
    throw new WeirError(
      `WEIR_${server.code}_UNREACHABLE`,
      `no answer from ${server.title} at ${url.origin}: ${reasonOf(error as Error)}`,
      {
        remedy: `Give its address with --server URL, or in WEIR_${server.code} in the environment.`,
        cause: error,
      },
    );
  }
}

async function bodyOf({ body }: Response, mostOctets: number): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = [];
  let octets = 0;
  for await (const chunk of body ?? []) {
    octets += chunk.length;
    if (octets > mostOctets) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The reason that fetch hides in the cause, by its code if it has one. */
function reasonOf(error: Error): string {
  const cause = error.cause as NodeJS.ErrnoException | undefined;
  return cause?.code ?? cause?.message ?? error.message;
}

/** Text from outside: short, and on one line. */
const wordsOf = (text: string): string => printableText(text.trim().slice(0, MOST_TEXT));

/** The error for a query that a server does not answer. */
export const refusalError = (
  server: LogServer,
  url: URL,
  { status, text }: Answer,
  remedy: string,
): WeirError =>
  new WeirError(
    `WEIR_${server.code}_${status >= 500 ? 'BUSY' : 'REFUSED'}`,
    `${server.title} at ${url.origin} says ${status}: ${wordsOf(text)}`,
    {
      remedy: status >= 500 ? `Try again later, or request less with --since and filters.` : remedy,
    },
  );

/** The error for an answer that such a server does not send. */
export const otherServerError = (server: LogServer, url: URL, text: string): WeirError =>
  new WeirError(
    `WEIR_${server.code}_REFUSED`,
    `${url.origin} was expected to answer a query of entries as ${server.title} does, and says: ${wordsOf(text)}`,
    {
      remedy: `Give the URL of ${server.title}, or of the gateway in front of it, with --server; not Grafana's.`,
    },
  );
