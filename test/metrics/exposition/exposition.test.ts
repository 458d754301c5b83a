import { createServer, get, type IncomingMessage, request, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { Exposition } from '../../../src/metrics/exposition/index.ts';
import { type Measure, measuresOf } from '../../../src/metrics/series/index.ts';
import { type Clock, systemClock } from '../../../src/runtime/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { MetricsText, scrape } from '../../support/metrics-text.ts';
import { largeTable, type TestTable } from '../../support/series-table.ts';
import { until } from '../../support/until.ts';

const measures: readonly Measure[] = measuresOf('workload').slice(0, 2);
const SERIES = 10_000;
const head = '# TYPE weir_build_info gauge\nweir_build_info 1\n';

let server: Server;
let table: TestTable;
let exposition: Exposition;

/** Answers /metrics on loopback with a head and a table that is so big. */
async function serve(rows = SERIES, clock: Clock = systemClock): Promise<string> {
  table = largeTable(measures, rows);
  exposition = new Exposition({ clock, tables: [table], head: () => [head] });
  server = createServer((incoming, response) => void exposition.handle(incoming, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
}

afterEach(() => {
  server.close();
  server.closeAllConnections();
});

const rowsOf = (text: MetricsText) => text.samplesOf(measures[0]!.name).length;

describe('an answer to a scrape', () => {
  it('has the head, all series, and its length', async () => {
    const url = await serve();
    const response = await fetch(url, { headers: { 'accept-encoding': 'identity' } });
    const text = await response.text();
    expect(response.headers.get('content-length')).toBe(String(Buffer.byteLength(text)));
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(text.startsWith(`${head}# HELP `)).toBe(true);
    expect(rowsOf(new MetricsText(text))).toBe(SERIES);
    expect(exposition.counts).toEqual({ rendered: 1, sent: 1, left: 0, cutOff: 0 });
  });

  it('is compressed for clients that accept it, and in OpenMetrics for clients that request it', async () => {
    const url = await serve();
    const headers = { 'accept-encoding': 'gzip', accept: 'application/openmetrics-text' };
    const { raw, incoming } = await new Promise<{ raw: Buffer; incoming: IncomingMessage }>((resolve) => {
      get(url, { headers }, async (incoming) =>
        resolve({ raw: Buffer.concat(await incoming.toArray()), incoming }),
      );
    });
    expect(incoming.headers).toMatchObject({
      'content-encoding': 'gzip',
      'content-type': 'application/openmetrics-text; version=1.0.0; charset=utf-8',
      'content-length': String(raw.length),
    });
    const text = gunzipSync(raw);
    expect(raw.length * 5).toBeLessThan(text.length);
    expect(rowsOf(new MetricsText(text.toString(), true))).toBe(SERIES);
  });

  it('has no body for HEAD, which reads no series, and other methods are refused', async () => {
    const url = await serve();
    const head = await fetch(url, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect(head.headers.get('content-type')).toContain('version=0.0.4');
    const post = await fetch(url, { method: 'POST', body: 'x' });
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    expect(table.holds).toBe(0);
  });

  it('includes start times of series only on request', async () => {
    const url = await serve(3);
    const created = measures[0]!.name.replace('_total', '_created');
    const accept = 'application/openmetrics-text';
    expect((await scrape(url, accept)).samplesOf(created)).toHaveLength(0);
    expect((await scrape(`${url}?created=true`, accept)).samplesOf(created)).toHaveLength(3);
  });
});

describe('a burst of simultaneous scrapes', () => {
  it('costs as much as one scrape', async () => {
    const url = await serve();
    const texts = await Promise.all(Array.from({ length: 50 }, async () => (await fetch(url)).text()));
    expect(new Set(texts).size).toBe(1);
    expect(rowsOf(new MetricsText(texts[0]!))).toBe(SERIES);
    expect(exposition.counts).toMatchObject({ sent: 50 });
    // Those that come when a body is complete share the next.
    expect(exposition.counts.rendered).toBeLessThanOrEqual(3);
    expect([table.holders, table.holds]).toEqual([0, exposition.counts.rendered]);
  });

  it('yields to other work while a body is written', async () => {
    const url = await serve(50_000);
    const delays: number[] = [];
    let last = performance.now();
    const ticking = setInterval(() => {
      delays.push(performance.now() - last);
      last = performance.now();
    }, 1);
    await (await fetch(url)).arrayBuffer();
    clearInterval(ticking);
    expect(delays.length).toBeGreaterThan(3);
    expect(delays.toSorted((a, b) => a - b)[Math.floor(delays.length / 2)]).toBeLessThan(40);
  });
});

describe('a client that reads slowly', () => {
  /** A client that asks and then reads nothing. */
  async function idler(url: string) {
    const { port } = new URL(url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.pause();
    socket.on('error', () => {});
    socket.write('GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n');
    return socket;
  }

  it('holds no table, and is disconnected when it reads nothing', async () => {
    const clock = new FakeClock();
    const url = await serve(50_000, clock);
    const socket = await idler(url);
    await until(
      'the body',
      () => exposition.counts.rendered === 1 && table.holds === 1 && table.holders === 0,
    );
    await new Promise((resolve) => setTimeout(resolve, 100));
    clock.advance(9_999);
    expect(exposition.counts.cutOff).toBe(0);
    clock.advance(1);
    await until('the cut', () => exposition.counts.cutOff === 1);
    socket.destroy();
  });

  it('holds one of a few bodies, and the oldest reader is disconnected when one more is needed', async () => {
    // With a clock that stands still, none is disconnected because a busy machine took long.
    const url = await serve(50_000, new FakeClock());
    const sockets = [];
    for (let n = 1; n <= 6; n++) {
      sockets.push(await idler(url));
      await until('its body', () => table.holds === n && table.holders === 0);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await until('two cuts', () => exposition.counts.cutOff === 2);
    expect(rowsOf(await scrape(url))).toBe(50_000);
    for (const socket of sockets) socket.destroy();
    await until('all to be gone', () => exposition.counts.left === 3 && exposition.counts.cutOff === 3);
  });

  it('is counted when it goes away, and nothing is held for it', async () => {
    const url = await serve(50_000);
    const leaving = request(url).on('error', () => {});
    leaving.end();
    await until('the scrape', () => table.holds === 1);
    leaving.destroy();
    await until('the count', () => exposition.counts.left === 1);
    expect(table.holders).toBe(0);
  });
});
