import {
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { compress } from 'snappy';
import { describeError } from '../../runtime/index.ts';
import { type PushCredentials, readPushCredentials } from './credentials.ts';
import type { LineBatch } from './line-batch.ts';
import type { PushAnswer } from './push-answer.ts';
import { toJson } from './push-json.ts';
import { type PushOptions, pushUrl } from './push-options.ts';

const DEFAULT_TIMEOUT_MS = 10_000;
/** An answer is a line or some; of a longer one the rest is not read. */
const MOST_ANSWER_OCTETS = 65_536;

/** Posts lines to one Loki. */
export class LokiClient {
  readonly #options: PushOptions;
  readonly #url: URL;
  #credentials: PushCredentials | undefined;
  #agent: HttpAgent | undefined;

  constructor(options: PushOptions) {
    this.#options = options;
    this.#url = pushUrl(options.url);
  }

  /** @throws {WeirError} WEIR_LOKI_FILE when a file that the options name cannot be read */
  async start(): Promise<void> {
    await this.renewCredentials();
  }

  /** Reads the files again, and makes no further push on connections that were made with others. */
  async renewCredentials(): Promise<void> {
    const credentials = await readPushCredentials(this.#options);
    if (JSON.stringify(credentials) === JSON.stringify(this.#credentials)) return;
    retire(this.#agent);
    this.#credentials = credentials;
    this.#agent = this.#agentWith(credentials);
  }

  /** Breaks off what is under way. */
  stop(): void {
    this.#agent?.destroy();
    this.#agent = undefined;
  }

  /** Never rejects: whatever keeps it from an answer is the answer. */
  async push(batch: LineBatch, signal: AbortSignal): Promise<PushAnswer> {
    const timeout = AbortSignal.timeout(this.#options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    try {
      return await this.#post(await this.#encoded(batch), AbortSignal.any([signal, timeout]));
    } catch (error) {
      return { error: describeError(error), isTimeout: timeout.aborted };
    }
  }

  async #encoded(batch: LineBatch): Promise<{ body: Uint8Array; headers: Record<string, string> }> {
    if (this.#options.encoding === 'json') {
      const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
      return { body: await promisify(gzip)(toJson(batch)), headers };
    }
    return { body: await compress(batch.encode()), headers: { 'content-type': 'application/x-protobuf' } };
  }

  async #post(
    { body, headers }: { body: Uint8Array; headers: Record<string, string> },
    signal: AbortSignal,
  ): Promise<PushAnswer> {
    const options: RequestOptions = {
      method: 'POST',
      agent: this.#agent!,
      headers: { ...headers, 'content-length': body.length, ...this.#credentials!.headers },
      signal,
    };
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const send = this.#url.protocol === 'https:' ? httpsRequest : httpRequest;
      send(this.#url, options, resolve).on('error', reject).end(body);
    });
    return {
      status: response.statusCode!,
      body: await beginningOf(response),
      retryAfter: response.headers['retry-after'],
    };
  }

  #agentWith({ authorities, certificate, key }: PushCredentials): HttpAgent {
    const options = { keepAlive: true };
    if (this.#url.protocol !== 'https:') return new HttpAgent(options);
    return new HttpsAgent({
      ...options,
      ...(authorities !== undefined && { ca: authorities }),
      ...(certificate !== undefined && { cert: certificate }),
      ...(key !== undefined && { key }),
    });
  }
}

/** Closes the connections of an agent, those in use when they are no more. */
function retire(agent: HttpAgent | undefined): void {
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
