import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Component, describeError, type Log, WeirError } from '../../runtime/index.ts';

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

export interface HttpOptions {
  /** In the log; default "http". */
  readonly name?: string;
  /** What sets the address, for whoever finds it taken. */
  readonly setting?: string;
  /** Whether the start goes on without it, with a warning, when another program has its address. */
  readonly isOptional?: boolean;
}

/**
 * HTTP for people and programs, GET and HEAD only. One that listens on loopback refuses a request that names another host, so
 * that a page in somebody's browser cannot read flows by a name that it points here (DNS rebinding).
 */
export class HttpServer implements Component {
  readonly name: string;
  readonly #routes: Readonly<Record<string, Route>>;
  readonly #listen: { readonly host: string; readonly port: number };
  readonly #server: Server;
  readonly #log: Log | undefined;
  readonly #options: HttpOptions;
  readonly #answersLoopbackOnly: boolean;

  /** @param listen port 0 takes any that is free */
  constructor(
    listen: { readonly host: string; readonly port: number },
    routes: Readonly<Record<string, Route>>,
    log?: Log,
    options: HttpOptions = {},
  ) {
    this.name = options.name ?? 'http';
    this.#options = options;
    this.#answersLoopbackOnly = isLoopbackHost(formatHost(listen.host));
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
    return `http://${formatHost(host)}:${port}`;
  }

  /** @throws {WeirError} WEIR_HTTP_ADDRESS_IN_USE */
  async start(): Promise<void> {
    try {
      await this.#bind();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      const taken = this.#explainTaken();
      if (!this.#options.isOptional) throw taken;
      this.#log?.warn(this.name, `goes without: ${describeError(taken)}`);
      return;
    }
    this.#log?.info(this.name, `answers on ${this.url}`);
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#answersLoopbackOnly && !isLoopbackHost(request.headers.host)) {
      throw new HttpError(
        403,
        `this server answers for localhost, not for ${request.headers.host ?? 'no host'}`,
      );
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      throw new HttpError(405, `GET and HEAD are what this server answers, not ${request.method}`);
    }
    const url = new URL(request.url ?? '/', 'http://localhost');
    const route = this.#routes[url.pathname];
    if (route === undefined) {
      throw new HttpError(404, `there is ${Object.keys(this.#routes).join(', ')}, not ${url.pathname}`);
    }
    await route(url, response, request);
  }

  #bind(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#listen, resolve);
    });
  }

  #explainTaken(): WeirError {
    const { host, port } = this.#listen;
    const { setting = '--http HOST:PORT, or weir.http.listen in the file' } = this.#options;
    const where = `${formatHost(host)}:${port}`;
    return new WeirError('WEIR_HTTP_ADDRESS_IN_USE', `another program listens on ${where} already`, {
      remedy: `Is Weir running? Otherwise choose another address: ${setting}.`,
    });
  }
}

const formatHost = (host: string): string => (host.includes(':') ? `[${host}]` : host);

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
  const headers = status === 405 ? { allow: 'GET, HEAD' } : {};
  response.writeHead(status, { ...headers, 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(`${JSON.stringify(body)}\n`);
}
