import { once } from 'node:events';
import { createGzip, type Gzip } from 'node:zlib';
import { Slices } from '../../runtime/index.ts';
import type { SeriesTable } from '../series/index.ts';
import { type SeriesTextOptions, writeSeries } from './series-text.ts';
import { TextBuffer } from './text-buffer.ts';

export interface RenderingOptions extends SeriesTextOptions {
  readonly gzip: boolean;
}

/** A complete answer to a scrape, as octets on the wire. */
export type Body = readonly Buffer[];

const CHUNK_OCTETS = 256 * 1024;
/** Reduces to a ninth in half the time; the default level reduces to an eleventh. */
const GZIP_LEVEL = 1;

/**
 * Writes all metrics: first the text of `head`, then the series. Other work runs between slices. The tables
 * are held until the last line is written, which never waits for a client.
 * @param head parts of text in the requested format, each with a line feed at its end
 */
export async function renderMetrics(
  head: () => AsyncIterable<string> | Iterable<string>,
  tables: readonly SeriesTable[],
  options: RenderingOptions,
): Promise<Body> {
  const text = new TextBuffer(CHUNK_OCTETS + 16 * 1024);
  const body = options.gzip ? new ZippedBody() : new PlainBody();
  const slices = new Slices();
  const goOn = async () => {
    if (text.length >= CHUNK_OCTETS) await body.add(text.take());
    if (slices.isOver) await slices.next();
  };
  for (const table of tables) table.hold();
  try {
    // The head has the counts of expired series: they add up with the series while the tables are held.
    for await (const part of head()) {
      text.text(part);
      await goOn();
    }
    for (const _ of writeSeries(text, tables, options)) await goOn();
  } finally {
    for (const table of tables) table.release();
  }
  if (options.format === 'openmetrics') text.text('# EOF\n');
  await body.add(text.take());
  return await body.finish();
}

class PlainBody {
  readonly #chunks: Buffer[] = [];

  async add(chunk: Buffer): Promise<void> {
    this.#chunks.push(chunk);
  }

  async finish(): Promise<Body> {
    return this.#chunks;
  }
}

/** Compresses on another thread. */
class ZippedBody {
  readonly #chunks: Buffer[] = [];
  readonly #gzip: Gzip = createGzip({ level: GZIP_LEVEL });

  constructor() {
    this.#gzip.on('data', (chunk: Buffer) => this.#chunks.push(chunk));
  }

  /** Resolves when there is room for more. */
  async add(chunk: Buffer): Promise<void> {
    if (!this.#gzip.write(chunk)) await once(this.#gzip, 'drain');
  }

  async finish(): Promise<Body> {
    this.#gzip.end();
    await once(this.#gzip, 'end');
    return this.#chunks;
  }
}
