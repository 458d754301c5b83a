import type { IncomingMessage } from 'node:http';
import { HttpError } from './http-error.ts';

export interface OwnSiteOptions {
  /** Further names of the server, as behind a proxy; in lower case, without a port. */
  readonly names: readonly string[];
  /**
   * Whether only this host can connect: on a loopback address or a Unix socket. Then requests must name it.
   * Clients from elsewhere use any of the names that their networks have.
   */
  readonly isLocal: boolean;
}

/**
 * Keeps pages of other sites out. A page may resolve its own name to this host (DNS rebinding), so the name
 * in the request counts. A page of another origin sends requests in the name of the person before the
 * browser, so the origin counts as well. There is no CORS.
 */
export class OwnSite {
  readonly #names: ReadonlySet<string>;
  readonly #isLocal: boolean;

  constructor({ names, isLocal }: OwnSiteOptions) {
    this.#names = new Set(names.map((name) => name.toLowerCase()));
    this.#isLocal = isLocal;
  }

  /**
   * @param isPage whether links of other sites may lead to what is asked for
   * @throws {HttpError} 403
   */
  expect(request: IncomingMessage, isPage: boolean): void {
    const { host } = request.headers;
    if (this.#isLocal && !isLoopbackHost(host) && !this.#names.has(hostnameOf(host))) {
      throw new HttpError(
        403,
        `this server answers for localhost${this.#others()}, not for ${host ?? 'no host'}`,
      );
    }
    if (this.#isOfOtherSite(request) && !(isPage && isFollowedLink(request))) {
      throw new HttpError(403, 'this server does not answer pages of other sites');
    }
  }

  /** Browsers say so by one header or the other. Programs send neither. */
  #isOfOtherSite({ headers }: IncomingMessage): boolean {
    const { origin, host } = headers;
    if (origin !== undefined && !this.#isOwnOrigin(origin, host)) return true;
    const site = headers['sec-fetch-site'] ?? 'none';
    return site !== 'none' && site !== 'same-origin';
  }

  #isOwnOrigin(origin: string, host = ''): boolean {
    if (!URL.canParse(origin)) return false; // "null" is that of files and of sandboxes
    const { protocol, host: own, hostname } = new URL(origin);
    if (!/^https?:$/.test(protocol)) return false;
    if (this.#names.has(hostname)) return true;
    return URL.canParse(`${protocol}//${host}`) && new URL(`${protocol}//${host}`).host === own;
  }

  #others(): string {
    return [...this.#names].map((name) => ` and ${name}`).join('');
  }
}

/** A port forwarding has any port. */
export const isLoopbackHost = (host: string | undefined): boolean =>
  /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i.test(host ?? '');

const hostnameOf = (host = ''): string => host.toLowerCase().replace(/:\d+$/, '');

/** Somebody opened the address in a window of the browser; no page can read what is in it. */
const isFollowedLink = ({ method, headers }: IncomingMessage): boolean =>
  method === 'GET' &&
  headers.origin === undefined &&
  headers['sec-fetch-mode'] === 'navigate' &&
  headers['sec-fetch-dest'] === 'document';
