import { ConsoleApp, consoleRoutes, SavedViewsFile } from '../../src/console/index.ts';
import {
  type HttpAddress,
  type HttpOptions,
  HttpServer,
  keptToken,
  type Routes,
  TokenProof,
} from '../../src/http/index.ts';
import { TemporaryDirectory } from './temporary-directory.ts';

export interface ConsoleServerOptions extends Omit<HttpOptions, 'proof'> {
  readonly listen?: HttpAddress;
  /** Routes besides those of the console. */
  readonly routes?: Routes;
  /** Default the app of the checkout. */
  readonly app?: ConsoleApp;
}

/** A server with the console and further routes, with a token in a folder of its own. */
export class ConsoleServer implements AsyncDisposable {
  readonly folder = new TemporaryDirectory();
  token = '';
  readonly #options: ConsoleServerOptions;
  #server: HttpServer | undefined;

  constructor(options: ConsoleServerOptions = {}) {
    this.#options = options;
  }

  async start(): Promise<this> {
    const { routes = {}, listen = { host: '127.0.0.1', port: 0 }, ...rest } = this.#options;
    const { app = new ConsoleApp(), ...options } = rest;
    const source = await keptToken(this.folder.path);
    const proof = new TokenProof(source, options.basePath);
    const views = new SavedViewsFile(this.folder.file('views.json'));
    this.token = await source.read();
    const all = { ...routes, ...consoleRoutes({ app, views, proof }) };
    this.#server = new HttpServer(listen, all, undefined, { ...options, proof });
    await this.#server.start();
    return this;
  }

  get url(): string {
    return this.#server!.url;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  get link(): string {
    return `${this.url}/console/?token=${this.token}`;
  }

  /** The cookie that the link is exchanged for, as a browser sends it back. */
  async cookie(): Promise<string> {
    const { headers } = await fetch(this.link, { redirect: 'manual' });
    return headers.get('set-cookie')!.split(';')[0]!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.stop();
    this.folder[Symbol.dispose]();
  }
}
