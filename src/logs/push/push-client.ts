import type { Agent, IncomingMessage, OutgoingHttpHeaders, RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { compress } from 'snappy';
import { describeError } from '../../runtime/index.ts';
import { Agent as HttpAgent, request as httpRequest } from '../../runtime/node-http.ts';
import type { LogServer } from '../log-server.ts';
import { type PushCredentials, readPushCredentials } from './credentials.ts';
import type { LineBatch } from './line-batch.ts';
import { isOfRequest, type PushAnswer } from './push-answer.ts';
import { toJson } from './push-json.ts';
import { type PushOptions, pageUrl, pushUrl, serverOf } from './push-options.ts';
import { detectServer } from './server-detection.ts';

const DEFAULT_TIMEOUT_MS = 10_000;
/** Maximum octets kept of an answer or of a page of metrics. */
const MOST_ANSWER_OCTETS = 1_048_576;

/** Maximum remembered connections. */
const MOST_CONNECTIONS = 64;

/** Errors of pushes that have not reached the server. */
const unsent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

/** Posts lines to one server. */
export class PushClient {
  readonly #options: PushOptions;
  readonly #base: URL;
  readonly #connections: PushConnection[] = [];
  #server: LogServer | undefined;
  #detection: Promise<LogServer | PushAnswer> | undefined;
  #credentials: PushCredentials | undefined;
  #agent: Agent | undefined;

  constructor(options: PushOptions) {
    this.#options = options;
    this.#base = new URL(options.url);
    this.#server = serverOf(options);
  }

  /** Undefined until it is detected. */
  get server(): LogServer | undefined {
    return this.#server;
  }

  /** Its connections, also recent ones: an observer may learn of their end late. */
  get connections(): readonly PushConnection[] {
    return this.#connections;
  }

  /** @throws {WeirError} WEIR_LOKI_FILE when a file that the options name cannot be read */
  async start(): Promise<void> {
    await this.renewCredentials();
  }

  /** Reads the files again. No further push uses a connection with older credentials. */
  async renewCredentials(): Promise<void> {
    const credentials = await readPushCredentials(this.#options);
    if (JSON.stringify(credentials) === JSON.stringify(this.#credentials)) return;
    retireAgent(this.#agent);
    this.#credentials = credentials;
    this.#agent = this.#agentWith(credentials);
  }

  /** Aborts requests in progress. */
  stop(): void {
    this.#agent?.destroy();
    this.#agent = undefined;
  }

  /** Never rejects: a failure is an answer as well. */
  async push(batch: LineBatch, signal: AbortSignal): Promise<PushAnswer> {
    const server = this.#server ?? (await this.#detect(signal));
    if (!('pushPath' in server)) return server;
    return this.#send(server, () => this.#encoded(batch), signal);
  }

  /** The first of several concurrent pushes detects the server. */
  async #detect(signal: AbortSignal): Promise<LogServer | PushAnswer> {
    this.#detection ??= detectServer((server) => this.#send(server, async () => nothing, signal));
    const found = await this.#detection;
    this.#detection = undefined;
    if ('pushPath' in found) this.#server = found;
    return found;
  }

  /** The metrics of the server; undefined when their address does not follow from its url. */
  async metrics(signal: AbortSignal): Promise<PushAnswer | undefined> {
    const target = this.#server && pageUrl(this.#base, this.#server, '/metrics');
    if (target === undefined) return undefined;
    return this.#answer(signal, async (either) => this.#request('GET', target, {}, undefined, either));
  }

  async #send(server: LogServer, encode: () => Promise<Encoded>, signal: AbortSignal): Promise<PushAnswer> {
    const target = pushUrl(this.#base, server);
    const { tenant } = this.#options;
    const answer = await this.#answer(signal, async (either) => {
      const { body, headers } = await encode();
      const all = {
        ...server.headers,
        ...(tenant !== undefined && server.tenantHeaders(tenant)),
        ...headers,
        'content-length': body.length,
      };
      return this.#request('POST', target, all, body, either);
    });
    if (this.#isOther(answer)) this.#server = undefined;
    return answer;
  }

  /** Whether the answer seems to come from another server than the detected one. */
  #isOther(answer: PushAnswer): boolean {
    if ('error' in answer || serverOf(this.#options) !== undefined) return false;
    return answer.status === 404 || (answer.status === 400 && isOfRequest.test(answer.body));
  }

  /** Never rejects: a failure is an answer as well. */
  async #answer(signal: AbortSignal, ask: (either: AbortSignal) => Promise<PushAnswer>): Promise<PushAnswer> {
    const timeout = AbortSignal.timeout(this.#options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    try {
      return await ask(AbortSignal.any([signal, timeout]));
    } catch (error) {
      const isUnsent = unsent.has((error as NodeJS.ErrnoException).code ?? '');
      return { error: describeError(error), reason: timeout.aborted ? 'timeout' : 'unreachable', isUnsent };
    }
  }

  async #encoded(batch: LineBatch): Promise<Encoded> {
    if (this.#options.encoding === 'json') {
      const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
      return { body: await promisify(gzip)(toJson(batch)), headers };
    }
    return { body: await compress(batch.encode()), headers: { 'content-type': 'application/x-protobuf' } };
  }

  async #request(
    method: 'GET' | 'POST',
    target: URL,
    headers: OutgoingHttpHeaders,
    body: Uint8Array | undefined,
    signal: AbortSignal,
  ): Promise<PushAnswer> {
    const options: RequestOptions = {
      method,
      agent: this.#agent!,
      headers: { ...headers, ...this.#credentials!.headers },
      signal,
    };
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const send = target.protocol === 'https:' ? httpsRequest : httpRequest;
      const request = send(target, options, resolve).on('error', reject);
      request.on('socket', (socket) => this.#remember(socket)).end(body);
    });
    const { location, 'content-type': type = '' } = response.headers;
    const status = response.statusCode!;
    const where = location === undefined ? '' : `, which points to ${location}`;
    const unsaid = status < 300 ? '' : `${method} ${target} returned ${status}${where}`;
    return {
      status,
      body: (await beginningOf(response)).trim() || unsaid,
      isPage: type.startsWith('text/html'),
      retryAfter: response.headers['retry-after'],
      date: response.headers.date,
    };
  }

  #remember(socket: Socket): void {
    if (!socket.connecting) return; // it was kept alive, and is known
    socket.once('connect', () => {
      this.#connections.push(...connectionOf(socket));
      if (this.#connections.length > MOST_CONNECTIONS) this.#connections.shift();
    });
  }

  #agentWith({ authorities, certificate, key }: PushCredentials): Agent {
    const options = { keepAlive: true };
    if (this.#base.protocol !== 'https:') return new HttpAgent(options);
    return new HttpsAgent({
      ...options,
      ...(authorities !== undefined && { ca: authorities }),
      ...(certificate !== undefined && { cert: certificate }),
      ...(key !== undefined && { key }),
    });
  }
}

/** The ends of a TCP connection, as its socket shows them. */
export interface PushConnection {
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
}

function connectionOf({ localAddress, localPort, remoteAddress, remotePort }: Socket): PushConnection[] {
  if (localAddress === undefined || localPort === undefined) return [];
  if (remoteAddress === undefined || remotePort === undefined) return [];
  return [{ localAddress, localPort, remoteAddress, remotePort }];
}

interface Encoded {
  readonly body: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

const nothing: Encoded = {
  body: Buffer.from('{"streams":[]}'),
  headers: { 'content-type': 'application/json' },
};

/** Closes the connections of an agent; those in use, when they become idle. */
function retireAgent(agent: Agent | undefined): void {
  if (agent === undefined) return;
  agent.maxFreeSockets = 0;
  for (const sockets of Object.values(agent.freeSockets))
    for (const socket of sockets ?? []) socket.destroy();
}

async function beginningOf(response: IncomingMessage): Promise<string> {
  let octets = 0;
  return text(
    response.filter((chunk: Buffer) => {
      octets += chunk.length;
      return octets <= MOST_ANSWER_OCTETS;
    }),
  );
}
