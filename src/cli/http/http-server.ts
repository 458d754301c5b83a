import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Component, type Log, WeirError } from '../../runtime/index.ts';

/** Answers one request. What it throws as an HttpError is told to the client. */
export type Route = (url: URL, response: ServerResponse, request: IncomingMessage) => void | Promise<void>;

/** What a client is told instead of an answer. */
export class HttpError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * HTTP for the people and programs of this host: GET only, on loopback only. A request that names another
 * host is refused, so that a page in somebody's browser cannot read flows by a name that it points here
 * (DNS rebinding).
 */
export class HttpServer implements Component {
  readonly name = 'http';
  readonly #routes: Readonly<Record<string, Route>>;
  readonly #listen: { readonly host: string; readonly port: number };
  readonly #server: Server;
  readonly #log: Log | undefined;

  /** @param listen port 0 takes any that is free */
  constructor(listen: { host: string; port: number }, routes: Readonly<Record<string, Route>>, log?: Log) {
    this.#listen = listen;
    this.#routes = routes;
    this.#log = log;
    this.#server = createServer({ requestTimeout: 10_000 }, (request, response) => {
      this.#answer(request, response).catch((error) => refuse(response, error));
    });
  }

  /** Where it listens; with the port that the system chose, once it has started. */
  get url(): string {
    const bound = this.#server.address() as AddressInfo | null;
    const { host, port } = bound === null ? this.#listen : { host: bound.address, port: bound.port };
    return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (error: NodeJS.ErrnoException) => reject(this.#explain(error)));
      this.#server.listen(this.#listen, resolve);
    });
    this.#log?.info(this.name, `answers on ${this.url}`);
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!isLoopbackHost(request.headers.host)) {
      throw new HttpError(
        403,
        `this server answers for localhost, not for ${request.headers.host ?? 'no host'}`,
      );
    }
    if (request.method !== 'GET')
      throw new HttpError(405, `GET is what this server answers, not ${request.method}`);
    const url = new URL(request.url ?? '/', 'http://localhost');
    const route = this.#routes[url.pathname];
    if (route === undefined) {
      throw new HttpError(404, `there is ${Object.keys(this.#routes).join(', ')}, not ${url.pathname}`);
    }
    await route(url, response, request);
  }

  #explain(error: NodeJS.ErrnoException): Error {
    const { host, port } = this.#listen;
    if (error.code !== 'EADDRINUSE') return error;
    return new WeirError('WEIR_HTTP_ADDRESS_IN_USE', `another program listens on ${host}:${port} already`, {
      remedy:
        'Is Weir running? Otherwise choose another address: --http HOST:PORT, or weir.http.listen in the file.',
    });
  }
}

const isLoopbackHost = (host: string | undefined): boolean =>
  /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i.test(host ?? '');

function refuse(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const status = error instanceof HttpError ? error.status : 500;
  sendJson(response, { error: error instanceof Error ? error.message : String(error) }, status);
}

export function sendJson(response: ServerResponse, body: unknown, status = 200): void {
  const headers = status === 405 ? { allow: 'GET' } : {};
  response.writeHead(status, { ...headers, 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(`${JSON.stringify(body)}\n`);
}
