import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import {
  type Account,
  type Component,
  describeError,
  type Ledger,
  type Log,
  WeirError,
} from '../runtime/index.ts';
import { STATUS_CODES } from '../runtime/node-http.ts';
import { Admission, requestedUrl } from './admission.ts';
import { Connections } from './connections.ts';
import { formatHost, formatHttpAddress, type HttpAddress } from './http-address.ts';
import { sendError } from './http-error.ts';
import { listenOnSocket } from './listening-socket.ts';
import {
  createNodeServer,
  type HttpsOptions,
  MAX_HEADER_OCTETS,
  type NodeServer,
  showCertificate,
} from './node-server.ts';
import { isLoopbackHost } from './own-site.ts';
import { type Routes, RouteTable } from './route.ts';
import { TokenProof } from './token-proof.ts';
import { fileToken } from './token-source.ts';

export interface HttpOptions {
  /** The name in the log; default "http". */
  readonly name?: string;
  /** The setting that gives the address, for the error when the address is in use. */
  readonly setting?: string;
  /** Whether the process starts without this server, with a warning, when its address is in use. */
  readonly isOptional?: boolean;
  /** File with the bearer token that requests must carry, except those for the state of the process. */
  readonly tokenFile?: string | undefined;
  /** For routes that need a token; default the one of the file. */
  readonly proof?: TokenProof | undefined;
  /** Further names by which clients on this host may ask for it; default only localhost. */
  readonly names?: readonly string[];
  /** The path below which a proxy shows it, such as "/weir"; default none. */
  readonly basePath?: string;
  /** Counts what is closed because there is too much of it; default nobody counts. */
  readonly ledger?: Ledger;
  /** Undefined: HTTP without TLS. */
  readonly https?: HttpsOptions | undefined;
}

const mostConnections = { ofAll: 256, ofOne: 192 };

/** Sent with every answer: other sites cannot embed it, and browsers never guess that it is a script. */
const answerHeaders = {
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
};

/**
 * HTTP for people and programs. `Admission` decides about each request before its route does.
 */
export class HttpServer implements Component {
  readonly name: string;
  readonly #routes: RouteTable;
  readonly #listen: HttpAddress;
  readonly #server: NodeServer;
  readonly #connections: Connections;
  readonly #log: Log | undefined;
  readonly #options: HttpOptions;
  readonly #admission: Admission;
  /** Counts connections that were closed because there were too many; opened with the first one. */
  #closed: Account | undefined;

  /** @param listen port 0 chooses any free port */
  constructor(listen: HttpAddress, routes: Routes, log?: Log, options: HttpOptions = {}) {
    this.name = options.name ?? 'http';
    this.#options = options;
    this.#listen = listen;
    this.#routes = new RouteTable(routes);
    this.#log = log;
    const { tokenFile, names = [], proof } = options;
    this.#admission = new Admission({
      isLocal: !('host' in listen) || isLoopbackHost(formatHost(listen.host)),
      names,
      proof: proof ?? (tokenFile === undefined ? undefined : new TokenProof(fileToken(tokenFile, log))),
      needsToken: tokenFile !== undefined,
    });
    this.#server = createNodeServer(options.https, (request, response) => {
      this.#answer(request, response).catch((error) => sendError(response, error));
    });
    this.#server.on('clientError', answerMalformed);
    this.#server.on('tlsClientError', (error: NodeJS.ErrnoException, { remoteAddress }: Socket) =>
      log?.limited(
        this.name,
        'handshake',
        `no TLS with ${remoteAddress ?? 'a client'}: ${error.code ?? error.message}`,
      ),
    );
    this.#connections = new Connections(this.#server, mostConnections, () => this.#noteExcess());
  }

  /** Where it listens, with the port that the system chose once it has started. */
  get url(): string {
    const bound = this.#server.address() as AddressInfo | string | null;
    const isPort = bound !== null && typeof bound === 'object';
    const address = isPort ? { host: bound.address, port: bound.port } : this.#listen;
    return formatHttpAddress(address, this.#options.https === undefined ? 'http' : 'https');
  }

  /**
   * @throws {WeirError} WEIR_HTTP_ADDRESS_IN_USE, WEIR_HTTP_SOCKET, WEIR_HTTP_TOKEN_FILE; what the source of
   * the certificate throws
   */
  async start(): Promise<void> {
    await this.#admission.start();
    await this.#startTls();
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
    await this.#options.https?.certificate.stop();
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#connections.closeAll();
    await closed;
  }

  async #startTls(): Promise<void> {
    const { https } = this.#options;
    if (https === undefined) return;
    const { certificate } = https;
    await certificate.start();
    showCertificate(this.#server, https);
    certificate.heed(() => showCertificate(this.#server, https));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    await turnOf(response);
    for (const [name, value] of Object.entries(answerHeaders)) response.setHeader(name, value);
    const url = requestedUrl(request, this.#options.basePath ?? '');
    await this.#admission.admit(request, url, this.#routes.traitsOf(request.method!, url));
    const { route, parameters } = this.#routes.find(request.method!, url);
    await route({ url, parameters, request, response });
  }

  #noteExcess(): void {
    const { ofAll, ofOne } = mostConnections;
    const text = `closed a connection: ${ofAll} are open already, or ${ofOne} of its address`;
    this.#log?.limited(this.name, 'connections', text);
    this.#closed ??= this.#options.ledger?.open(`${this.name} connections`, 'connections');
    this.#closed?.note('closed for others');
  }

  #bind(): Promise<void> {
    const listen = this.#listen;
    if ('socket' in listen) return listenOnSocket(this.#server, listen.socket);
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(listen, resolve);
    });
  }

  #explainTaken(): WeirError {
    const { setting = '--http ADDRESS, or weir.http.listen in the file' } = this.#options;
    const where = formatHttpAddress(this.#listen).replace(/^http:\/\//, '');
    return new WeirError('WEIR_HTTP_ADDRESS_IN_USE', `another program listens on ${where} already`, {
      remedy: `If that is another Weir, give each its own address: ${setting}.`,
    });
  }
}

/**
 * Resolves when the requests before it on the same connection have been answered. Without its turn a request
 * costs nothing, and an answer without a connection would never learn that the client has left.
 */
function turnOf(response: ServerResponse): Promise<void> | undefined {
  if (response.socket !== null) return undefined;
  return new Promise((resolve) => response.once('socket', () => resolve()));
}

const malformed: Readonly<Record<string, [number, string]>> = {
  HPE_HEADER_OVERFLOW: [431, `expected a request of ${MAX_HEADER_OCTETS} octets at most`],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'expected a whole request within 10 seconds'],
};

/** Node reports malformed requests only through this event, and would answer without a body. */
function answerMalformed(
  error: NodeJS.ErrnoException,
  socket: Pick<Socket, 'writable' | 'destroy' | 'end'>,
): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, text] = malformed[error.code ?? ''] ?? [400, 'expected a request of HTTP/1.1'];
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-type: application/json`;
  socket.end(`${head}\r\n\r\n${JSON.stringify({ error: text })}\n`);
}
