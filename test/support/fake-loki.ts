import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { uncompressSync } from 'snappy';
import { type LogServerName, logServers } from '../../src/logs/log-server.ts';
import { LineBatch } from '../../src/logs/push/line-batch.ts';
import { CapturedPushes } from './captured-pushes.ts';
import { streamsOf } from './line-batches.ts';
import type { PushedStream } from './push-receiver.ts';

export interface FakePush {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Uint8Array;
  readonly streams: readonly PushedStream[];
  readonly lines: readonly string[];
}

/** `silence` never answers, `reset` breaks the connection. */
export type FakeAnswer = SaidAnswer | 'silence' | 'reset';

interface SaidAnswer {
  readonly status: number;
  readonly body?: string;
  readonly headers?: Record<string, string>;
}

/** The servers' answers to an unknown path, and to an empty push. */
const manners: Record<LogServerName, { stranger: (path: string) => SaidAnswer; nothing: SaidAnswer }> = {
  loki: {
    stranger: () => ({ status: 404, body: '404 page not found\n' }),
    nothing: { status: 422, body: 'error at least one valid stream is required for ingestion\n' },
  },
  victoriaLogs: {
    stranger: (path) => ({ status: 400, body: `unsupported path requested: "${path}"\n` }),
    nothing: { status: 204 },
  },
};

const captured = CapturedPushes.ofThisRun();

/**
 * Takes pushes like Loki, compressed protobuf or JSON, and answers as badly as a test wants, with faults that
 * a real one will not make. It answers requests without lines by itself.
 */
export class FakeLoki implements AsyncDisposable {
  readonly pushes: FakePush[] = [];
  /** Lines of pushes that were answered with 204, in that order. */
  readonly stored: string[] = [];
  answer: (push: FakePush) => FakeAnswer | Promise<FakeAnswer> = () => ({ status: 204 });
  /** The server that it imitates. Undefined: a Loki that takes pushes at any path. */
  server: LogServerName | undefined;
  readonly #server;
  readonly #scheme: 'http' | 'https';

  constructor(tls?: ServerOptions) {
    const receive = (request: IncomingMessage, response: ServerResponse) => {
      this.#receive(request, response).catch(() => response.destroy()); // the client went away
    };
    this.#scheme = tls === undefined ? 'http' : 'https';
    this.#server = tls === undefined ? createServer(receive) : createTlsServer(tls, receive);
  }

  async start(port = 0): Promise<this> {
    await new Promise<void>((resolve, reject) =>
      this.#server.once('error', reject).listen(port, '127.0.0.1', resolve),
    );
    return this;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${this.port}`;
  }

  /** Stops; `start` with the same port restarts it. */
  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server.listening) await this.stop();
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = Buffer.concat(await request.toArray());
    const path = request.url!;
    const { stranger, nothing } = manners[this.server ?? 'loki'];
    if (!this.#takesPushesAt(path, request.method)) return say(response, stranger(path));
    captured?.keep(request.headers, body);
    const streams = decoded(request.headers, body);
    const lines = streams.flatMap(({ values }) => values.map(([, line]) => line));
    if (lines.length === 0) return say(response, nothing);
    const push = { path, headers: request.headers, body, streams, lines };
    this.pushes.push(push);
    const answer = await this.answer(push);
    if (answer === 'reset') response.destroy();
    if (typeof answer === 'string') return;
    if (answer.status === 204) this.stored.push(...lines);
    say(response, answer);
  }

  #takesPushesAt(path: string, method: string | undefined): boolean {
    return method === 'POST' && (this.server === undefined || path === logServers[this.server].pushPath);
  }
}

function say(response: ServerResponse, { status, body, headers }: SaidAnswer): void {
  response.writeHead(status, headers).end(body);
}

function decoded(headers: IncomingMessage['headers'], body: Buffer): PushedStream[] {
  if (headers['content-type'] === 'application/x-protobuf')
    return streamsOf(LineBatch.decode(uncompressSync(body) as Buffer, 0));
  const text = headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
  return (JSON.parse(text.toString()) as { streams: PushedStream[] }).streams;
}
