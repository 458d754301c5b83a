import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { createServer, type Server } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { json } from 'node:stream/consumers';
import { type WebSocket, WebSocketServer } from 'ws';
import { loopbackTls } from '../support/loopback-tls.ts';

/** What the API server of a made-up cluster has. */
export interface MadeUpObjects {
  /** The authorities that the aggregator publishes. */
  readonly ca: string;
  /** By namespace/name of ServiceAccounts. */
  readonly tokens: Readonly<Record<string, string>>;
  /** Where the port of the aggregator's Pod really is. */
  readonly port: number;
  readonly isReady?: boolean;
}

/** An API server with one aggregator, whose Pod can be reached by a port-forward. */
export class MadeUpCluster implements AsyncDisposable {
  /** Paths that were asked for, and the bodies. */
  readonly asked: unknown[] = [];
  readonly #server: Server;
  readonly #objects: MadeUpObjects;

  constructor(objects: MadeUpObjects) {
    this.#objects = objects;
    const [cert, key] = [readFileSync(loopbackTls.certFile), readFileSync(loopbackTls.keyFile)];
    this.#server = createServer({ cert, key }, async (request, response) => {
      const body = request.method === 'POST' ? await json(request) : undefined;
      const found = this.#answerTo(request, body);
      response.writeHead(found === undefined ? 404 : 200, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify(found ?? { kind: 'Status', metadata: {}, message: 'not found', code: 404 }),
      );
    });
    const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => 'v4.channel.k8s.io' });
    this.#server.on('upgrade', (request, socket, head) => {
      this.asked.push(request.url);
      sockets.handleUpgrade(request, socket, head, (webSocket) => this.#forward(webSocket));
    });
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** For a user of the namespace "shop". */
  get kubeconfig(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `
apiVersion: v1
kind: Config
clusters: [{ name: far, cluster: { server: "https://127.0.0.1:${port}", certificate-authority: ${loopbackTls.caFile} } }]
users: [{ name: ada, user: { token: token-of-ada } }]
contexts: [{ name: production, context: { cluster: far, user: ada, namespace: shop } }]
`;
  }

  #answerTo({ url = '', headers }: IncomingMessage, body: unknown): object | undefined {
    this.asked.push(body === undefined ? url : [url, body]);
    if (headers.authorization !== 'Bearer token-of-ada') return undefined;
    const { ca, tokens, isReady = true } = this.#objects;
    const [, account] = /^\/api\/v1\/namespaces\/(.*)\/token$/.exec(url) ?? [];
    const token = account === undefined ? undefined : tokens[account.replace('/serviceaccounts/', '/')];
    if (token !== undefined) return { metadata: {}, status: { token } };
    const root = '/api/v1/namespaces/flow-aggregator';
    switch (url.split('?')[0]) {
      case `${root}/configmaps/flow-aggregator-ca`:
        return { metadata: {}, data: { 'ca.crt': ca } };
      case `${root}/services/flow-aggregator`:
        return {
          metadata: {},
          spec: { selector: { app: 'weir' }, ports: [{ name: 'api', port: 10_348, targetPort: 'api' }] },
        };
      case `${root}/pods`:
        return { metadata: {}, items: [podOf('old', false), podOf('new', isReady)] };
      default:
        return undefined;
    }
  }

  /** Two channels: data and errors. Each begins with the number of the port. */
  #forward(webSocket: WebSocket): void {
    const pod = connect(this.#objects.port, '127.0.0.1');
    for (const channel of [0, 1]) webSocket.send(Buffer.of(channel, 0x6c, 0x28));
    pod.on('data', (octets) => webSocket.send(Buffer.concat([Buffer.of(0), octets])));
    pod.on('close', () => webSocket.close()).on('error', () => {});
    webSocket.on('message', (octets: Buffer) => pod.write(octets.subarray(1)));
    webSocket.on('close', () => pod.destroy());
  }
}

const podOf = (name: string, isReady: boolean) => ({
  metadata: { name },
  spec: { containers: [{ ports: [{ name: 'api', containerPort: 10_348 }] }] },
  status: { conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }] },
});
