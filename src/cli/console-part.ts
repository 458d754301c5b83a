import { join } from 'node:path';
import { ConsoleApp, consoleRoutes, type Lacks, SavedViewsFile } from '../console/index.ts';
import {
  fileToken,
  freshToken,
  type HttpServer,
  keptToken,
  type Routes,
  TokenProof,
  type TokenSource,
} from '../http/index.ts';
import { type Component, describeError } from '../runtime/index.ts';
import type { HttpSettings } from './config/index.ts';
import type { Service } from './service.ts';

/** The console of a process, and the token that it and questions about the past are for. */
export interface WiredConsole {
  /** Undefined: there is no token, so nobody may see what asks for one. */
  readonly proof: TokenProof | undefined;
  /** None when there is no console. */
  readonly routes: Routes;
  /** The token; undefined when there is no console. */
  readonly token: TokenSource | undefined;
}

/**
 * @param folder where the token and the saved views are kept; undefined: nowhere
 * @param isWatched whether somebody sees the link on a screen, so that it may have a token that is not kept
 * @param lacks what the routes beside it do not answer; default they answer all
 */
export async function wireConsole(
  settings: HttpSettings,
  folder: string | undefined,
  isWatched: boolean,
  service: Service,
  lacks?: () => Promise<Lacks>,
): Promise<WiredConsole> {
  const source = await tokenSource(settings, folder, isWatched, service);
  if (source === undefined) return { proof: undefined, routes: {}, token: undefined };
  const proof = new TokenProof(source, settings.basePath);
  if (!settings.console) return { proof, routes: {}, token: undefined };
  const views = new SavedViewsFile(folder === undefined ? undefined : join(folder, 'views.json'));
  const routes = consoleRoutes({ app: new ConsoleApp(), views, proof, lacks });
  return { proof, routes, token: source };
}

async function tokenSource(
  { tokenFile, console: isWanted }: HttpSettings,
  folder: string | undefined,
  isWatched: boolean,
  { log }: Service,
): Promise<TokenSource | undefined> {
  if (tokenFile !== undefined) return fileToken(tokenFile, log);
  if (!isWanted) return undefined;
  if (folder === undefined) {
    log.info('console', 'there is none: it needs weir.stateDirectory or weir.http.tokenFile');
    return undefined;
  }
  try {
    return await keptToken(folder);
  } catch (error) {
    log.warn(
      'console',
      `${isWatched ? 'its link changes with each start' : 'there is none'}: ${describeError(error)}`,
    );
    return isWatched ? freshToken('no file') : undefined;
  }
}

/** The link of the console. Undefined where no browser can connect: on a socket. */
export async function consoleLink({ url }: HttpServer, token: TokenSource): Promise<string | undefined> {
  if (!/^https?:/.test(url)) return undefined;
  return `${url}/console/?token=${encodeURIComponent(await token.read())}`;
}

/** Says where the console is. Only a terminal shows the token: what else standard error is may be a log. */
export class ConsoleNotice implements Component {
  readonly name = 'console';
  readonly #server: HttpServer;
  readonly #token: TokenSource;
  readonly #service: Service;
  readonly #onLink: ((link: string) => void) | undefined;

  /** @param onLink shows it in place of the lines of standard error */
  constructor(server: HttpServer, token: TokenSource, service: Service, onLink?: (link: string) => void) {
    this.#server = server;
    this.#token = token;
    this.#service = service;
    this.#onLink = onLink;
  }

  async start(): Promise<void> {
    const link = await consoleLink(this.#server, this.#token);
    const { log, writeLine } = this.#service;
    if (link === undefined)
      log.info(this.name, `answers on ${this.#server.url}; the token is in ${this.#token.place}`);
    else if (this.#onLink !== undefined) this.#onLink(link);
    else if (process.stderr.isTTY) writeLine(`console: ${link}`);
    else log.info(this.name, `answers on ${link.replace(/\?.*/, '')}; the token is in ${this.#token.place}`);
  }

  async stop(): Promise<void> {}
}
