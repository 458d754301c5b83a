import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { ClusterAccess, KubernetesObject } from '../../src/kubernetes/index.ts';

/** A request as the server saw it. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingMessage['headers'];
}

/** Writes an answer in place of the right one. */
export type Fault = (response: ServerResponse) => void;

interface HistoryEvent {
  readonly version: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: KubernetesObject;
}

/**
 * Imitates an API server with the objects of one kind: lists in pages, watches with bookmarks and initial
 * events, a history that can be compacted. And it does what a real one will not do when a test wants it.
 */
export class FakeApiServer implements AsyncDisposable {
  readonly requests: SeenRequest[] = [];
  readonly watches: FakeWatch[] = [];
  version = 100;
  /** As of /version. */
  gitVersion = 'v1.34.1';
  /** Whether it knows `sendInitialEvents`; false refuses as 1.33 does. */
  hasInitialEvents = true;
  /** Called for each request; answers with a fault, or with nothing for the right answer. */
  fault: (request: SeenRequest) => Fault | undefined = () => undefined;
  readonly #objects = new Map<string, KubernetesObject>();
  readonly #history: HistoryEvent[] = [];
  readonly #snapshots = new Map<string, { readonly version: number; readonly objects: KubernetesObject[] }>();
  #compacted = 0;
  readonly #server;
  readonly #scheme: string;

  private constructor(tls?: ServerOptions) {
    const receive = (request: IncomingMessage, response: ServerResponse) => this.#receive(request, response);
    this.#scheme = tls === undefined ? 'http' : 'https';
    this.#server = tls === undefined ? createServer(receive) : createTlsServer(tls, receive);
  }

  static async start(tls?: ServerOptions, port = 0): Promise<FakeApiServer> {
    const server = new FakeApiServer(tls);
    await new Promise<void>((resolve) => server.#server.listen(port, '127.0.0.1', resolve));
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${this.port}`;
  }

  /** Lists so far, pages counted one by one. */
  get lists(): SeenRequest[] {
    return this.requests.filter(({ path, query }) => query.watch === undefined && path !== '/version');
  }

  get watchRequests(): SeenRequest[] {
    return this.requests.filter(({ query }) => query.watch !== undefined);
  }

  /** Watches that are open. */
  get openWatches(): FakeWatch[] {
    return this.watches.filter(({ isOpen }) => isOpen);
  }

  /** Adds or changes an object, and tells the watches. Answers with the object as the server has it. */
  put(name: string, fields: Record<string, unknown> = {}, uid = `uid-${name}`): KubernetesObject {
    const type = this.#objects.has(uid) ? 'MODIFIED' : 'ADDED';
    const resourceVersion = `${++this.version}`;
    const object = { metadata: { name, namespace: 'shop', uid, resourceVersion }, ...fields };
    this.#objects.set(uid, object);
    this.#publish({ version: this.version, type, object });
    return object;
  }

  remove(name: string, uid = `uid-${name}`): void {
    const { metadata, ...fields } = this.#objects.get(uid)!;
    this.#objects.delete(uid);
    const object = { ...fields, metadata: { ...metadata, resourceVersion: `${++this.version}` } };
    this.#publish({ version: this.version, type: 'DELETED', object });
  }

  /** Changes nothing that is watched, as other kinds do. */
  passVersions(count: number): void {
    this.version += count;
  }

  /** Tells each watch the present version. */
  bookmark(): void {
    for (const watch of this.openWatches) watch.bookmark(this.version);
  }

  /** Forgets its history up to the present version, and all continue tokens. */
  compact(): void {
    this.#compacted = this.version;
    this.#snapshots.clear();
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server.listening) await this.stop();
  }

  #publish(event: HistoryEvent): void {
    this.#history.push(event);
    for (const watch of this.openWatches) watch.event(event.type, event.object);
  }

  #receive(message: IncomingMessage, response: ServerResponse): void {
    const url = new URL(message.url!, this.url);
    const query = Object.fromEntries(url.searchParams);
    const request = { method: message.method!, path: url.pathname, query, headers: message.headers };
    message.resume();
    this.requests.push(request);
    const fault = this.fault(request);
    if (fault !== undefined) fault(response);
    else if (request.path === '/version') sayJson(response, 200, { gitVersion: this.gitVersion });
    else if (query.watch !== undefined) this.#watch(query, response);
    else this.#list(query, response);
  }

  #list(query: SeenRequest['query'], response: ServerResponse): void {
    const [token, offsetText = '0'] = (query.continue ?? '').split(':');
    const offset = Number(offsetText);
    const found = token ? this.#snapshots.get(token) : undefined;
    if (token && found === undefined) {
      refuse(410, 'Expired', 'The provided continue parameter is too old', {
        metadata: { continue: 'newer:500' },
      })(response);
      return;
    }
    const snapshot = found ?? { version: this.version, objects: [...this.#objects.values()] };
    // With version "0" a real server ignores the limit.
    const limit =
      query.resourceVersion === '0'
        ? Number.POSITIVE_INFINITY
        : Number(query.limit ?? Number.POSITIVE_INFINITY);
    const end = offset + limit;
    const name = token || `t${this.#snapshots.size}`;
    if (end < snapshot.objects.length) this.#snapshots.set(name, snapshot);
    const metadata = {
      resourceVersion: `${snapshot.version}`,
      ...(end < snapshot.objects.length && { continue: `${name}:${end}` }),
    };
    const items = snapshot.objects.slice(offset, end);
    sayJson(response, 200, { kind: 'PodList', apiVersion: 'v1', metadata, items });
  }

  #watch(query: SeenRequest['query'], response: ServerResponse): void {
    if (query.sendInitialEvents !== undefined && !this.hasInitialEvents) {
      const words = 'sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled';
      refuse(422, 'Invalid', words)(response);
      return;
    }
    const from = Number(query.resourceVersion ?? 0);
    if (query.sendInitialEvents === undefined && from < this.#compacted) {
      refuse(410, 'Expired', `too old resource version: ${from} (${this.#compacted})`)(response);
      return;
    }
    const watch = new FakeWatch(query, response);
    this.watches.push(watch);
    if (query.sendInitialEvents !== undefined) {
      for (const object of this.#objects.values()) watch.event('ADDED', object);
      watch.bookmark(this.version, { 'k8s.io/initial-events-end': 'true' });
    } else {
      for (const { version, type, object } of this.#history) if (version > from) watch.event(type, object);
    }
  }
}

/** One watch of a client, which a test can break. */
export class FakeWatch {
  readonly query: SeenRequest['query'];
  readonly #response: ServerResponse;
  #isMute = false;

  constructor(query: SeenRequest['query'], response: ServerResponse) {
    this.query = query;
    this.#response = response;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
  }

  get isOpen(): boolean {
    return !this.#response.writableEnded && !this.#response.destroyed;
  }

  event(type: string, object: unknown): void {
    this.write(`${JSON.stringify({ type, object })}\n`);
  }

  bookmark(version: number, annotations?: Record<string, string>): void {
    this.event('BOOKMARK', { kind: 'Pod', metadata: { resourceVersion: `${version}`, annotations } });
  }

  /** An ERROR event. */
  error(code: number, reason: string, message = reason): void {
    this.event('ERROR', { kind: 'Status', metadata: {}, status: 'Failure', code, reason, message });
  }

  write(text: string | Buffer): void {
    if (!this.#isMute) this.#response.write(text);
  }

  /** Nothing more comes through, and nobody says so: half open. */
  mute(): void {
    this.#isMute = true;
  }

  /** The right end. */
  end(): void {
    this.#response.end();
  }

  /** The connection breaks. */
  drop(): void {
    this.#response.destroy();
  }
}

/** A refusal as a Status. */
export const refuse =
  (
    code: number,
    reason: string,
    message = reason,
    more: Record<string, unknown> = {},
    headers: Record<string, string> = {},
  ): Fault =>
  (response) =>
    sayJson(response, code, { kind: 'Status', status: 'Failure', code, reason, message, ...more }, headers);

function sayJson(
  response: ServerResponse,
  code: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(code, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

/** Access to a server without a kubeconfig. */
export function accessTo(server: string, headers: Record<string, string> = {}, ca?: string): ClusterAccess {
  return {
    server: new URL(server),
    namespace: 'weir',
    remedy: 'Log in again.',
    credentials: async () => ({ headers, tls: ca === undefined ? {} : { ca } }),
    forget: () => {},
  };
}
