import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A target for Prometheus: /metrics on a free port of loopback, with the test's content. */
export class MetricsPage implements AsyncDisposable {
  /** In the text format 0.0.4. Change it at will. */
  text = '';
  readonly #server: Server;

  constructor(server: Server) {
    this.#server = server;
  }

  /** host:port */
  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

export async function startMetricsPage(text: string): Promise<MetricsPage> {
  const server = createServer((_, response) => {
    response.setHeader('Content-Type', 'text/plain; version=0.0.4; charset=utf-8').end(page.text);
  });
  const page = new MetricsPage(server);
  page.text = text;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return page;
}
