import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../runtime/index.ts';
import type { SeriesTable } from '../series/index.ts';
import { type Body, type RenderingOptions, render } from './rendering.ts';
import { contentTypes, formatFor, type TextFormat, takesGzip } from './text-format.ts';

export interface ExpositionOptions {
  readonly clock: Clock;
  readonly tables: readonly SeriesTable[];
  /** What stands before the series, in the format that is asked for. */
  readonly head: (format: TextFormat) => Promise<string>;
}

/** What became of the scrapes that were asked for, each counted once. */
export interface ScrapeCounts {
  /** Bodies that were written; several scrapes at a time share one. */
  rendered: number;
  sent: number;
  /** The client went away before it had all. */
  left: number;
  /** The client read too slowly and was cut off. */
  cutOff: number;
}

/** A client that takes nothing for so long is cut off. */
const STALL_MS = 10_000;
/**
 * Bodies held for clients that still read. When one more is needed, those who read the oldest are cut off.
 */
const MAX_BODIES = 4;
/** What they take together. A single larger one is sent all the same. */
const MAX_BODY_OCTETS = 128 * 1024 * 1024;

/**
 * Answers scrapes. Those that come while a body is being written share it, so that a storm costs as much as
 * one; a body is complete before it is sent, so that a slow client holds nothing but it, and only so many
 * bodies at all.
 */
export class Exposition {
  readonly counts: ScrapeCounts = { rendered: 0, sent: 0, left: 0, cutOff: 0 };
  readonly #options: ExpositionOptions;
  /** Bodies being written, by how they are written. */
  readonly #underWay = new Map<string, Promise<Body>>();
  /** Who reads which body, the oldest first. */
  readonly #readers = new Map<Body, Set<ServerResponse>>();

  constructor(options: ExpositionOptions) {
    this.#options = options;
  }

  /** GET and HEAD; `?created=true` asks OpenMetrics for when each series began. */
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
    const body = render(() => head(options.format), tables, options).finally(() =>
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
   * Settles at the event, or when the response is closed; it is, when the client takes nothing for too long.
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
