import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createTlsServer, request, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { TemporaryDirectory } from './temporary-directory.ts';
import { TestAuthority } from './test-authority.ts';

/** What goes wrong with a request. */
export interface Fault {
  /** Answers with this status of Kubernetes in place of the server. */
  readonly status?: number;
  readonly reason?: string;
  readonly retryAfter?: number;
  /** Ends the connection after as many octets of the server's answer. */
  readonly cutAfter?: number;
}

type FaultOf = (request: IncomingMessage) => Fault | undefined;

/**
 * Stands before a real API server, ends TLS with a certificate of its own, and breaks what a test wants. It
 * can be away: then nobody listens at its port.
 */
export class FaultyProxy implements AsyncDisposable {
  readonly #directory = new TemporaryDirectory();
  readonly #target: { readonly url: URL; readonly ca: string };
  readonly #certificate: { cert: Buffer; key: Buffer };
  readonly #sockets = new Set<Duplex>();
  readonly caFile: string;
  #server: Server | undefined;
  #port = 0;
  /** What breaks from now on. */
  faultOf: FaultOf = () => undefined;
  /** Faults so far, by what was asked: `410 /api/v1/pods`. */
  readonly faults: string[] = [];

  private constructor(target: { url: string; ca: string }) {
    this.#target = { url: new URL(target.url), ca: target.ca };
    const authority = new TestAuthority(this.#directory.path);
    const { certFile, keyFile } = authority.issue('proxy');
    this.#certificate = { cert: readFileSync(certFile), key: readFileSync(keyFile) };
    this.caFile = authority.caFile;
  }

  static async start(target: { url: string; ca: string }): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(target);
    await proxy.comeBack();
    return proxy;
  }

  get url(): string {
    return `https://127.0.0.1:${this.#port}`;
  }

  /** Ends all connections, and takes no more. */
  async leave(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    this.breakAll();
    await new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve())));
  }

  /** Listens, again after `leave`. */
  async comeBack(): Promise<void> {
    const server = createTlsServer(this.#certificate, (request, response) => this.#answer(request, response));
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  breakAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.leave();
    this.#directory[Symbol.dispose]();
  }

  #answer(asked: IncomingMessage, response: ServerResponse): void {
    const fault = this.faultOf(asked);
    if (fault !== undefined) this.faults.push(`${fault.status ?? 'cut'} ${asked.url!.split('?')[0]}`);
    if (fault?.status !== undefined) {
      refuse(response, fault);
      return;
    }
    const { url, ca } = this.#target;
    const { hostname, port } = url;
    const { host: _, ...headers } = asked.headers;
    const onward = request(
      { hostname, port, ca, method: asked.method, path: asked.url, headers },
      (answer) => {
        response.writeHead(answer.statusCode!, answer.headers);
        if (fault?.cutAfter === undefined) answer.pipe(response);
        else passSome(answer, response, fault.cutAfter);
      },
    );
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    asked.pipe(onward);
  }
}

function refuse(response: ServerResponse, { status, reason = 'InternalError', retryAfter }: Fault): void {
  const body = {
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    message: `the test says ${status}`,
    reason,
    code: status,
  };
  response.writeHead(status!, {
    'content-type': 'application/json',
    ...(retryAfter === undefined ? {} : { 'retry-after': `${retryAfter}` }),
  });
  response.end(JSON.stringify(body));
}

function passSome(answer: IncomingMessage, response: ServerResponse, octets: number): void {
  let left = octets;
  answer.on('data', (chunk: Buffer) => {
    response.write(chunk.subarray(0, left));
    left -= chunk.length;
    if (left <= 0) response.destroy();
  });
}
