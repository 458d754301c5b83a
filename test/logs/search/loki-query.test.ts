import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LokiQuery } from '../../../src/logs/search/loki-query.ts';
import { AnsweringServer } from '../../support/answering-server.ts';

const json = { 'content-type': 'application/json' };
const streams = (...result: object[]) => JSON.stringify({ data: { resultType: 'streams', result } });

describe('a query to Loki', () => {
  let server: AnsweringServer;

  beforeEach(async () => {
    server = await new AnsweringServer().start();
  });

  afterEach(() => server[Symbol.asyncDispose]());

  const query = (pageLines = 100) =>
    new LokiQuery({ url: `${server.url}/loki-gateway`, headers: { 'x-scope-orgid': 'a' }, pageLines });
  const page = (direction: 'forward' | 'backward' = 'forward', asked = query()) =>
    asked.page('{a="b"}', { startNs: 1n, endNs: 5n }, direction);

  it("has a path below the server's base, and the configured headers", async () => {
    server.says(200, streams(), json);
    expect(await page()).toEqual([]);
    const [{ method, path, headers, parameters }] = server.questions as [(typeof server.questions)[0]];
    expect([method, path, headers['x-scope-orgid']]).toEqual([
      'GET',
      '/loki-gateway/loki/api/v1/query_range',
      'a',
    ]);
    const asked = { query: '{a="b"}', direction: 'forward', start: '1', end: '5', limit: '100' };
    expect(Object.fromEntries(parameters)).toEqual(asked);
  });

  it.each([
    ['forward', [1n, 2n, 3n]],
    ['backward', [3n, 2n, 1n]],
  ] as const)('returns the entries of all streams, %s', async (direction, times) => {
    const [one, other] = [{ stream: { a: 'b', c: 'd' } }, { stream: { a: 'b' } }];
    server.says(
      200,
      streams(
        { ...one, values: [['2', 'y']] },
        {
          ...other,
          values: [
            ['1', 'x'],
            ['3', 'z'],
          ],
        },
      ),
      json,
    );
    const found = (await page(direction))!;
    expect(found.map(({ timeNs }) => timeNs)).toEqual(times);
    expect(found[1]).toEqual({ labels: { a: 'b', c: 'd' }, timeNs: 2n, line: 'y' });
  });

  it("requests no more entries than Loki's limit", async () => {
    server.answer = ({ parameters }, response) => {
      if (Number(parameters.get('limit')) <= 7) return response.writeHead(200, json).end(streams());
      const refused = 'max entries limit per query exceeded, limit > max_entries_limit_per_query (100 > 7)';
      return response.writeHead(400).end(refused);
    };
    const asked = query();
    expect(await page('forward', asked)).toEqual([]);
    expect([asked.pageLines, asked.mostPageLines]).toEqual([7, 7]);
  });

  it.each([
    [401, 'no org id', /says 401: no org id/, /--tenant/],
    [404, 'page not found', /says 404/, /Give the URL of Loki.*--server/],
    [400, 'parse error', /says 400: parse error/, /shorter time with --since/],
    [200, '<html>', /expected to answer a query of entries as Loki does, and says: <html>/, /not Grafana's/],
    [200, '{"data":{"resultType":"matrix"}}', /expected to answer a query of entries/, /--server/],
  ])('explains the remedy after the answer %i with %s', async (status, body, message, remedy) => {
    server.says(status, body, json);
    await expect(page()).rejects.toMatchObject({
      code: 'WEIR_LOKI_REFUSED',
      message: expect.stringMatching(message),
      remedy: expect.stringMatching(remedy),
    });
  });
});
