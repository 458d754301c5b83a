import { get as getByHttp, type IncomingMessage, type RequestOptions } from 'node:http';
import { get as getByHttps } from 'node:https';
import { type FileComplaint, formatHttpAddress, readSocketPath, readToken } from '../http/index.ts';
import { printableText, WeirError } from '../runtime/index.ts';
import { defaultHttp } from './default-addresses.ts';

/** An aggregator, or `weir up`, that answers /flows. */
export interface FlowsServer {
  /** Its name for people, without the path. */
  readonly name: string;
  /** The path of /flows there. */
  readonly path: string;
  readonly target: Pick<RequestOptions, 'protocol' | 'hostname' | 'port' | 'socketPath'>;
}

/** Maximum octets shown of a refusal, and of a line. */
const MAX_REFUSAL = 2_000;
const MAX_LINE = 1_048_576;

/** A server begins its answer at once, even before the first flow. */
const ANSWER_MS = 10_000;

const complaint: FileComplaint = {
  code: 'WEIR_USAGE_TOKEN_FILE',
  purpose: '--token-file',
  section: '--token-file',
};

/**
 * Reads a server's address: a URL, which may have a path or end in /flows, or unix:/run/weir/http.sock.
 * @throws {WeirError} WEIR_USAGE_SERVER
 */
export function parseFlowsServer(text: string): FlowsServer {
  const socketPath = readSocketPath(text);
  if (socketPath !== undefined) {
    return { name: `unix:${socketPath}`, path: '/flows', target: { socketPath } };
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isHttp = url?.protocol === 'http:' || url?.protocol === 'https:';
  if (url === undefined || !isHttp || text.includes('@')) {
    const found = text.includes('@') ? 'one with credentials' : `"${text}"`;
    throw new WeirError('WEIR_USAGE_SERVER', `--server: expected the URL of an aggregator, found ${found}`, {
      remedy: `Write it as ${formatHttpAddress(defaultHttp)}, or as unix:/run/weir/http.sock.`,
    });
  }
  const { protocol, port } = url;
  const hostname = url.hostname.replace(/^\[|\]$/g, '');
  const path = url.pathname.replace(/(\/flows)?\/*$/, '/flows');
  return { name: url.origin, path, target: { protocol, hostname, port } };
}

/**
 * Requests flows. Yields the lines of the answer as they arrive, those of one chunk as one list.
 * @param tokenFile with the bearer token that the server expects
 * @param answerMs within which the answer must begin, in milliseconds
 * @throws {WeirError} WEIR_SERVER_UNREACHABLE, WEIR_SERVER_REFUSED; between lines, WEIR_SERVER_LOST
 */
export async function askForFlows(
  server: FlowsServer,
  query: URLSearchParams,
  tokenFile: string | undefined,
  answerMs = ANSWER_MS,
): Promise<AsyncIterable<string[]>> {
  const token = tokenFile === undefined ? undefined : await readToken(tokenFile, complaint);
  const response = await requestFlows(server, query, token, answerMs);
  if (response.statusCode !== 200) throw await refusalError(server, response);
  return linesOf(response, server);
}

async function* linesOf(response: IncomingMessage, { name }: FlowsServer): AsyncGenerator<string[]> {
  let rest = '';
  try {
    for await (const text of response.setEncoding('utf8')) {
      const lines = (rest + text).split('\n');
      rest = lines.pop()!;
      if (rest.length > MAX_LINE) throw new Error(`a line has more than ${MAX_LINE} characters`);
      if (lines.length > 0) yield lines;
    }
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const reason = code === 'ECONNRESET' ? '' : `: ${message}`;
    throw new WeirError('WEIR_SERVER_LOST', `${name} closed the connection${reason}`, { cause });
  }
}

function requestFlows(
  { name, path, target }: FlowsServer,
  query: URLSearchParams,
  token: string | undefined,
  answerMs: number,
): Promise<IncomingMessage> {
  const get = target.protocol === 'https:' ? getByHttps : getByHttp;
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const options = { ...target, path: query.size === 0 ? path : `${path}?${query}`, headers };
  return new Promise((resolve, reject) => {
    const asking = get(options, (response) => {
      clearTimeout(late);
      resolve(response);
    });
    const late = setTimeout(() => asking.destroy(new Late(`none within ${answerMs / 1000} s`)), answerMs);
    asking.on('error', (cause: NodeJS.ErrnoException) => {
      clearTimeout(late);
      reject(
        new WeirError('WEIR_SERVER_UNREACHABLE', `no answer from ${name}: ${cause.code ?? cause.message}`, {
          remedy: cause instanceof Late ? stuck : (remedies[cause.code ?? ''] ?? otherwise),
          cause,
        }),
      );
    });
  });
}

class Late extends Error {}

const stuck = 'A program listens there and says nothing: see whether it is stopped, too busy, or no Weir.';
const otherwise =
  'Start "weir up" or "weir aggregator" on this host, or say where it answers with --server ADDRESS.';
const noHttp =
  'A program listens there that does not answer over HTTP. Name the address of http.listen, not the one where IPFIX comes in.';
const remedies: Readonly<Record<string, string>> = {
  ECONNRESET: noHttp,
  HPE_INVALID_CONSTANT: noHttp,
  EACCES: "Only the socket's owner and group may ask: become a member of its group.",
};

/** The error for another answer. Its text comes from outside, so it is cut and put on one line. */
async function refusalError({ name }: FlowsServer, response: IncomingMessage): Promise<WeirError> {
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
