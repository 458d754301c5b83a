import type { IncomingMessage } from 'node:http';
import { HttpError } from './http-error.ts';
import { OwnSite, type OwnSiteOptions } from './own-site.ts';
import { expectBodyWithin } from './request-body.ts';
import type { RouteTraits } from './route.ts';
import type { TokenProof } from './token-proof.ts';

/** Maximum octets of a request's path and query. */
const MAX_URL = 4096;

/** These reveal nothing about flows, and whoever watches the process has no token. */
const openPaths: readonly string[] = ['/healthz', '/livez', '/readyz'];

export interface AdmissionOptions extends OwnSiteOptions {
  /** Undefined: the server has no token. */
  readonly proof: TokenProof | undefined;
  /** Whether all routes need the token, not only those that ask for it. */
  readonly needsToken: boolean;
}

/** Decides who may ask, and how: refuses other requests before any route sees them. */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #site: OwnSite;

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.#site = new OwnSite(options);
  }

  /** @throws {WeirError} WEIR_HTTP_TOKEN_FILE when the file cannot be read or has no token */
  async start(): Promise<void> {
    await this.#options.proof?.start();
  }

  /** @throws {HttpError} when the request is refused */
  async admit(request: IncomingMessage, url: URL, route: RouteTraits): Promise<void> {
    const { maxBodyOctets = 0, needsToken = false, isPage = false } = route;
    this.#site.expect(request, isPage);
    expectBodyWithin(request, maxBodyOctets);
    if (isPage || openPaths.includes(url.pathname)) return;
    if (!needsToken && !this.#options.needsToken) return;
    const { proof } = this.#options;
    if (proof === undefined)
      throw new HttpError(403, 'this path is for those with a token: set weir.http.tokenFile');
    await proof.expect(request);
  }
}

/**
 * The requested URL, without the path below which a proxy shows the server.
 * @throws {HttpError} when there is none
 */
export function requestedUrl({ url: found = '/' }: IncomingMessage, basePath: string): URL {
  if (found.length > MAX_URL) {
    throw new HttpError(414, `expected a path and query of ${MAX_URL} octets at most, found ${found.length}`);
  }
  const base = 'http://localhost';
  // Two slashes begin a host where they are in a link.
  if (/^\/[/\\]/.test(found) || !URL.canParse(found, base))
    throw new HttpError(400, `expected a path such as /flows, found "${found}"`);
  const url = new URL(found, base);
  if (basePath !== '' && `${url.pathname}/`.startsWith(`${basePath}/`))
    url.pathname = url.pathname.slice(basePath.length) || '/';
  return url;
}
