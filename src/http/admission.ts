import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { readToken } from './bearer-token.ts';
import type { FileComplaint } from './credentials.ts';
import { HttpError } from './http-error.ts';

const complaint: FileComplaint = {
  code: 'WEIR_HTTP_TOKEN_FILE',
  purpose: 'HTTP',
  section: 'weir.http and weir.metrics',
};

/** Maximum octets of a request's path and query. */
const MAX_URL = 4096;

/** These reveal nothing about flows, and whoever watches the process has no token. */
const openPaths: readonly string[] = ['/healthz', '/livez', '/readyz'];

export interface AdmissionOptions {
  /**
   * Refuse requests that name another host, as after DNS rebinding: a web page resolves its own name to this
   * host.
   */
  readonly isLoopbackOnly: boolean;
  /** File with the bearer token that requests must carry. */
  readonly tokenFile: string | undefined;
}

/** Decides who may ask, and how: refuses other requests before any route sees them. */
export class Admission {
  readonly #options: AdmissionOptions;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /** @throws {WeirError} WEIR_HTTP_TOKEN_FILE when the file cannot be read or has no token */
  async start(): Promise<void> {
    const { tokenFile } = this.#options;
    if (tokenFile !== undefined) await readToken(tokenFile, complaint);
  }

  /**
   * The requested URL.
   * @throws {HttpError} when the request is refused
   */
  async admit(request: IncomingMessage): Promise<URL> {
    if (this.#options.isLoopbackOnly) expectSameHost(request);
    expectNoBody(request);
    const url = urlOf(request);
    if (!openPaths.includes(url.pathname)) await this.#expectToken(request);
    return url;
  }

  /** Reads the file each time, since tokens change. */
  async #expectToken({ headers: { authorization = '' } }: IncomingMessage): Promise<void> {
    const { tokenFile } = this.#options;
    if (tokenFile === undefined) return;
    const expected = await readToken(tokenFile, complaint).catch(() => {
      throw new HttpError(503, "this server's file with the token cannot be read now");
    });
    const given = /^Bearer +(\S+)$/i.exec(authorization)?.[1] ?? '';
    if (!timingSafeEqual(digestOf(given), digestOf(expected))) {
      const text = 'this server expects its token: "authorization: Bearer TOKEN", or weir flows --token-file';
      throw new HttpError(401, text, { 'www-authenticate': 'Bearer' });
    }
  }
}

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();

export const isLoopbackHost = (host: string | undefined): boolean =>
  /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i.test(host ?? '');

function expectSameHost({ headers }: IncomingMessage): void {
  if (!isLoopbackHost(headers.host)) {
    throw new HttpError(403, `this server answers for localhost, not for ${headers.host ?? 'no host'}`);
  }
  const { origin } = headers;
  const isForeign = origin !== undefined && !isLoopbackHost(origin.replace(/^https?:\/\//, ''));
  if (isForeign || headers['sec-fetch-site'] === 'cross-site') {
    throw new HttpError(403, 'this server does not answer pages of other sites');
  }
}

/** What is asked stands in the path and query. A body would be octets that nobody wants. */
function expectNoBody({ headers }: IncomingMessage): void {
  if (headers['transfer-encoding'] === undefined && !(Number(headers['content-length'] ?? 0) > 0)) return;
  throw new HttpError(413, 'this server takes no request with a body', { connection: 'close' });
}

function urlOf({ url = '/' }: IncomingMessage): URL {
  if (url.length > MAX_URL) {
    throw new HttpError(414, `expected a path and query of ${MAX_URL} octets at most, found ${url.length}`);
  }
  const base = 'http://localhost';
  if (!URL.canParse(url, base)) throw new HttpError(400, `expected a path such as /flows, found "${url}"`);
  return new URL(url, base);
}
