import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { HttpError } from './http-error.ts';
import type { TokenSource } from './token-source.ts';
import { WrongTokens } from './wrong-tokens.ts';

/**
 * Whether a request shows the token of the server. Programs show it in the header `authorization`. Browsers
 * exchange it for a cookie, which is not the token and is of no use for finding it.
 */
export class TokenProof {
  readonly #source: TokenSource;
  readonly #path: string;
  readonly #tries: WrongTokens;

  /** @param basePath below which the server's paths are for browsers: "/weir"; default none */
  constructor(source: TokenSource, basePath = '', now = () => performance.now()) {
    this.#source = source;
    this.#path = `${basePath}/`;
    this.#tries = new WrongTokens(now);
  }

  /** @throws {WeirError} WEIR_HTTP_TOKEN_FILE when there is no token */
  async start(): Promise<void> {
    await this.#source.read();
  }

  /** Where people find the token. */
  get place(): string {
    return this.#source.place;
  }

  /**
   * Whether the request has the token, or a cookie for it.
   * @throws {HttpError} 429 after too many wrong tokens of its source, 503 when the token cannot be read
   */
  async isShownBy(request: IncomingMessage): Promise<boolean> {
    const token = await this.#token();
    if (this.#hasCookie(request, token)) return true;
    const given = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    return given !== undefined && this.#isToken(given, token, request);
  }

  /** @throws {HttpError} 401 when it is not shown, and as `isShownBy` does */
  async expect(request: IncomingMessage): Promise<void> {
    if (await this.isShownBy(request)) return;
    const text = 'this server expects its token: "authorization: Bearer TOKEN", or --token-file of a command';
    throw new HttpError(401, text, { 'www-authenticate': 'Bearer' });
  }

  /**
   * The cookie that the token is exchanged for, as in the header `set-cookie`; undefined for another token.
   * @throws {HttpError} as `isShownBy` does
   */
  async exchange(given: string, request: IncomingMessage): Promise<string | undefined> {
    const token = await this.#token();
    if (!this.#isToken(given, token, request)) return undefined;
    const value = `${this.#cookieName(request, token)}=${this.#cookieValue(token).toString('base64url')}`;
    return `${value}; Path=${this.#path}; HttpOnly; SameSite=Strict${isOverTls(request) ? '; Secure' : ''}`;
  }

  async #token(): Promise<string> {
    return this.#source.read().catch(() => {
      throw new HttpError(503, "this server's file with the token cannot be read now");
    });
  }

  #isToken(given: string, token: string, { socket }: IncomingMessage): boolean {
    this.#tries.expectOneLeft(socket.remoteAddress);
    const isRight = timingSafeEqual(digestOf(given), digestOf(token));
    if (!isRight) this.#tries.note(socket.remoteAddress);
    return isRight;
  }

  /** It has 256 bits whatever the token is, so that guessing it needs no limit. */
  #cookieValue(token: string): Buffer {
    return createHmac('sha256', this.#source.cookieKey).update(`weir cookie ${token}`).digest();
  }

  /** Browsers send the cookies of all ports of a host. So each server and each token has its own name. */
  #cookieName({ socket }: IncomingMessage, token: string): string {
    const hash = createHmac('sha256', this.#source.cookieKey).update(`weir name ${token}`).digest('hex');
    return `weir-${socket.localPort ?? 'socket'}-${hash.slice(0, 8)}`;
  }

  #hasCookie(request: IncomingMessage, token: string): boolean {
    const start = `${this.#cookieName(request, token)}=`;
    const expected = digestOf(this.#cookieValue(token).toString('base64url'));
    return (request.headers.cookie ?? '')
      .split(/; */)
      .filter((pair) => pair.startsWith(start))
      .some((pair) => timingSafeEqual(digestOf(pair.slice(start.length)), expected));
  }
}

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();

/** A proxy in front says that its side has TLS. Who claims it wrongly only gets a cookie that is not sent. */
const isOverTls = ({ socket, headers }: IncomingMessage): boolean =>
  (socket as Partial<TLSSocket>).encrypted === true || headers['x-forwarded-proto'] === 'https';
