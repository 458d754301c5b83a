import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

/** A web server that is not ours: pages that a test writes, or a proxy before another server. */
export class PlainWebServer implements AsyncDisposable {
  readonly requests: IncomingMessage[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
    server.on('request', (asked) => this.requests.push(asked));
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  /** Answers each path with a page of HTML. */
  static ofPages(pages: Readonly<Record<string, string>>): Promise<PlainWebServer> {
    return PlainWebServer.#start(
      createServer(({ url = '/' }, response) => {
        const page = pages[url.split('?')[0]!];
        response.writeHead(page === undefined ? 404 : 200, { 'content-type': 'text/html' });
        response.end(page);
      }),
    );
  }

  /** Passes on what is below the prefix, with or without it, under the asked name or its own. */
  static asProxy(
    upstream: string,
    { prefix, strips, keepsHost }: { prefix: string; strips: boolean; keepsHost: boolean },
  ): Promise<PlainWebServer> {
    const { hostname, port, host } = new URL(upstream);
    return PlainWebServer.#start(
      createServer((asked, response) => {
        const url = asked.url!;
        if (!url.startsWith(prefix)) return void response.writeHead(404).end();
        const path = strips ? url.slice(prefix.length) || '/' : url;
        const headers = { ...asked.headers, host: keepsHost ? asked.headers.host : host };
        const passed = request({ hostname, port, path, method: asked.method, headers }, (answer) => {
          response.writeHead(answer.statusCode!, answer.headers);
          answer.pipe(response);
        });
        asked.pipe(passed);
      }),
    );
  }

  /** Passes on octets from a port of its own, as `kubectl port-forward` does. */
  static async asForwarding(upstream: string): Promise<PlainWebServer> {
    const { hostname, port } = new URL(upstream);
    const server = createServer();
    server.removeAllListeners('connection'); // it reads no request
    server.on('connection', (socket) => {
      const further = connect(Number(port), hostname);
      socket.pipe(further).pipe(socket);
      for (const end of [socket, further]) end.on('error', () => socket.destroy());
      socket.on('close', () => further.destroy());
    });
    return PlainWebServer.#start(server);
  }

  static async #start(server: Server): Promise<PlainWebServer> {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new PlainWebServer(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}
