import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { CapturedPushes } from './captured-pushes.ts';

/** A stream of Loki's push API: its labels, and entries as nanoseconds, line and structured metadata. */
export interface PushedStream {
  readonly stream: Readonly<Record<string, string>>;
  readonly values: readonly [timeNs: string, line: string, metadata?: Readonly<Record<string, string>>][];
}

export interface PushRequest {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Uint8Array;
  readonly streams: readonly PushedStream[];
}

const captured = CapturedPushes.ofThisRun();

/** Receives JSON pushes for Loki on loopback. A test can make it fail. */
export class PushReceiver implements AsyncDisposable {
  readonly requests: PushRequest[] = [];
  answer: (response: ServerResponse, request: PushRequest) => void = (response) =>
    response.writeHead(204).end();
  readonly #server;
  readonly #scheme: 'http' | 'https';

  constructor(tls?: { cert: string; key: string }) {
    const receive: RequestListener = (request, response) => void this.#receive(request, response);
    this.#scheme = tls === undefined ? 'http' : 'https';
    this.#server = tls === undefined ? createServer(receive) : createTlsServer(tls, receive);
  }

  async start({ host = '127.0.0.1', port = 0 } = {}): Promise<this> {
    await new Promise<void>((resolve, reject) =>
      this.#server.once('error', reject).listen(port, host, resolve),
    );
    return this;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    const { address } = this.#server.address() as AddressInfo;
    return `${this.#scheme}://${address.includes(':') ? `[${address}]` : address}:${this.port}`;
  }

  /** All received lines, with any answer. */
  get lines(): string[] {
    return this.requests.flatMap(({ streams }) =>
      streams.flatMap(({ values }) => values.map(([, line]) => line)),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    captured?.keep(request.headers, body);
    const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
    const { streams } = JSON.parse(text.toString()) as { streams: PushedStream[] };
    const pushed = { path: request.url!, headers: request.headers, body, streams };
    this.requests.push(pushed);
    this.answer(response, pushed);
  }
}
