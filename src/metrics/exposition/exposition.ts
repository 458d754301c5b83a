import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../runtime/index.ts';
import type { SeriesTable } from '../series/index.ts';
import { type Body, type RenderingOptions, renderMetrics } from './rendering.ts';
import { contentTypes, formatFor, type TextFormat, takesGzip } from './text-format.ts';

export interface ExpositionOptions {
  readonly clock: Clock;
  readonly tables: readonly SeriesTable[];
  /** The text before the series in the requested format, in parts. Other work can run between them. */
  readonly head: (format: TextFormat) => AsyncIterable<string> | Iterable<string>;
}

/** How scrapes ended, each counted once. */
export interface ScrapeCounts {
  /** Bodies written; simultaneous scrapes share one. */
  rendered: number;
  sent: number;
  /** The client closed the connection before it had the whole body. */
  left: number;
  /** The client read too slowly and was disconnected. */
  cutOff: number;
}

/** A client that reads nothing for this long is disconnected. */
const STALL_MS = 10_000;
/**
 * Maximum bodies held for clients that still read. Beyond it, the readers of the oldest body are
 * disconnected.
 */
const MAX_BODIES = 4;
/** Maximum octets of all bodies. A single larger body is sent all the same. */
const MAX_BODY_OCTETS = 128 * 1024 * 1024;

/**
 * Answers scrapes. Scrapes that arrive while a body is being written share it, so that many cost as much as
 * one. A body is complete before it is sent, so a slow client holds only the body. The number of bodies is
 * bounded.
 */
export class Exposition {
  readonly counts: ScrapeCounts = { rendered: 0, sent: 0, left: 0, cutOff: 0 };
  readonly #options: ExpositionOptions;
  /** Bodies being written, by format and encoding. */
  readonly #underWay = new Map<string, Promise<Body>>();
  /** The readers of each body, the oldest body first. */
  readonly #readers = new Map<Body, Set<ServerResponse>>();

  constructor(options: ExpositionOptions) {
    this.#options = options;
  }

  /** GET and HEAD; `?created=true` requests the start time of each series in OpenMetrics. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, headers, url = '/' } = request;
    if (method !== 'GET' && method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD', 'content-type': 'text/plain; charset=utf-8' });
      response.end(`metrics are read by GET, not ${method}\n`);
      return;
    }
    const options = {
      format: formatFor(headers.accept),
      gzip: takesGzip(headers['accept-encoding']),
      created: new URL(url, 'http://localhost').searchParams.get('created') === 'true',
    };
    const answer = {
      'content-type': contentTypes[options.format],
      vary: 'accept, accept-encoding',
      'cache-control': 'no-store',
      ...(options.gzip ? { 'content-encoding': 'gzip' } : {}),
    };
    if (method === 'HEAD') {
      response.writeHead(200, answer);
      response.end();
      return;
    }
    const body = await this.#body(options);
    if (response.destroyed) {
      this.counts.left++;
      return;
    }
    response.writeHead(200, { ...answer, 'content-length': octetsOf(body) });
    await this.#send(body, response);
  }

  #body(options: RenderingOptions): Promise<Body> {
    const key = JSON.stringify(options);
    const underWay = this.#underWay.get(key);
    if (underWay !== undefined) return underWay;
    this.counts.rendered++;
    const { tables, head } = this.#options;
    const body = renderMetrics(() => head(options.format), tables, options).finally(() =>
      this.#underWay.delete(key),
    );
    this.#underWay.set(key, body);
    return body;
  }

  async #send(body: Body, response: ServerResponse): Promise<void> {
    const readers = this.#readersOf(body);
    readers.add(response);
    for (const chunk of body) {
      if (response.destroyed) break;
      if (!response.write(chunk)) await this.#settled(response, 'drain');
    }
    response.end();
    if (!response.writableFinished) await this.#settled(response, 'finish');
    const wasCutOff = !readers.delete(response);
    if (readers.size === 0) this.#readers.delete(body);
    if (wasCutOff) this.counts.cutOff++;
    else if (response.writableFinished) this.counts.sent++;
    else this.counts.left++;
  }

  /**
   * Resolves at the event, or when the response closes; it closes when the client reads nothing for too long.
   */
  #settled(response: ServerResponse, event: 'drain' | 'finish'): Promise<void> {
    if (response.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(STALL_MS, () => this.#cutOff(response));
      const settle = () => {
        cancel();
        response.off(event, settle);
        response.off('close', settle);
        resolve();
      };
      response.on(event, settle);
      response.on('close', settle);
    });
  }

  #readersOf(body: Body): Set<ServerResponse> {
    const known = this.#readers.get(body);
    if (known !== undefined) return known;
    const octets = octetsOf(body);
    while (this.#readers.size > 0 && !this.#hasRoom(octets)) {
      const [oldest] = this.#readers.values();
      for (const response of oldest!) this.#cutOff(response);
    }
    const readers = new Set<ServerResponse>();
    this.#readers.set(body, readers);
    return readers;
  }

  #hasRoom(octets: number): boolean {
    const held = [...this.#readers.keys()].reduce((sum, body) => sum + octetsOf(body), 0);
    return this.#readers.size < MAX_BODIES && held + octets <= MAX_BODY_OCTETS;
  }

  #cutOff(response: ServerResponse): void {
    for (const [body, readers] of this.#readers) {
      readers.delete(response);
      if (readers.size === 0) this.#readers.delete(body);
    }
    response.destroy();
  }
}

const octetsOf = (body: Body): number => body.reduce((sum, { length }) => sum + length, 0);
