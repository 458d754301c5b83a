import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MOST_ANSWER_OCTETS } from '../../../src/logs/search/answer.ts';
import { VictoriaLogsQuery } from '../../../src/logs/search/victoria-logs-query.ts';
import { AnsweringServer } from '../../support/answering-server.ts';

const MINUTE_NS = 60_000_000_000n;
const json = { 'content-type': 'application/stream+json' };

describe('a query to VictoriaLogs', () => {
  let server: AnsweringServer;

  beforeEach(async () => {
    server = await new AnsweringServer().start();
  });

  afterEach(() => server[Symbol.asyncDispose]());

  const page = (direction: 'forward' | 'backward' = 'backward', path = '') =>
    new VictoriaLogsQuery({ url: `${server.url}${path}`, headers: { accountid: '7' }, pageLines: 2 }).page(
      '{a="b"}',
      { startNs: 0n, endNs: 100n * MINUTE_NS },
      direction,
    );

  it("has a path below the server's base, and the configured headers", async () => {
    server.says(200, '', json);
    expect(await page('backward', '/vl/')).toEqual([]);
    const [{ method, path, headers, parameters }] = server.questions as [(typeof server.questions)[0]];
    expect([method, path, headers.accountid]).toEqual(['POST', '/vl/select/logsql/query', '7']);
    expect(Object.fromEntries(parameters)).toEqual({
      query: '{a="b"}\n  | sort by (_time desc) limit 2',
      start: '1970-01-01T00:00:00.000000000Z',
      end: '1970-01-01T01:40:00.000000000Z',
    });
  });

  it("returns entries without VictoriaLogs' own fields", async () => {
    const row = {
      _time: '1970-01-01T00:00:00.000000001Z',
      _msg: 'x',
      _stream: '{}',
      _stream_id: '1',
      a: 'b',
    };
    const other = { _time: '1970-01-01T00:00:01Z' };
    server.says(200, `${JSON.stringify(row)}\n${JSON.stringify(other)}\n`, json);
    expect(await page()).toEqual([
      { labels: {}, timeNs: 1_000_000_000n, line: '' },
      { labels: { a: 'b' }, timeNs: 1n, line: 'x' },
    ]);
  });

  it.each([
    '{"_time":"1970-01-01T00:00:01Z","_msg":7}',
    '{"_time":"1970-01-01T00:00:01Z","a":{}}',
    '{"_time":"2026-13-45T99:00:00Z"}',
    'null',
    '[]',
    '{',
  ])('refuses an answer with a row such as %s', async (row) => {
    server.says(200, `${row}\n`, json);
    await expect(page()).rejects.toMatchObject({ code: 'WEIR_VICTORIALOGS_REFUSED' });
  });

  it('may be retried when the server fails', async () => {
    server.says(503, 'too many requests', {});
    await expect(page()).rejects.toMatchObject({
      code: 'WEIR_VICTORIALOGS_BUSY',
      message: expect.stringMatching(/says 503: too many/),
      remedy: expect.stringMatching(/^Try again/),
    });
  });

  it('finds the oldest entries in windows that grow until a page is full', async () => {
    server.answer = ({ parameters: query }, response) => {
      const isThere = query.get('start')! <= '1970-01-01T00:30' && query.get('end')! > '1970-01-01T00:30';
      const row = JSON.stringify({ _time: '1970-01-01T00:30:00Z', _msg: query.get('query') });
      response.writeHead(200, json).end(isThere ? `${row}\n` : '');
    };
    const found = await page('forward');
    expect(found).toHaveLength(1);
    const windows = server.questions.map(({ parameters: query }) => [
      query.get('start')!.slice(11, 16),
      query.get('end')!.slice(11, 16),
    ]);
    expect(windows).toEqual([
      ['00:00', '00:01'],
      ['00:01', '00:05'],
      ['00:05', '00:21'],
      ['00:21', '01:25'],
      ['01:25', '01:40'],
    ]);
    for (const [i, { parameters }] of server.questions.slice(1).entries())
      expect(parameters.get('start')).toBe(server.questions[i]!.parameters.get('end'));
    // what is found is no more room in what follows
    expect(server.questions.map(({ parameters: query }) => query.get('query')!.at(-1))).toEqual([
      '2',
      '2',
      '2',
      '2',
      '1',
    ]);
  });

  it('reads an answer only up to a bound', async () => {
    let sent = 0;
    server.answer = (_, response) => {
      response.writeHead(200, json);
      const chunk = Buffer.alloc(1_048_576, 0x20);
      const more = () => {
        while (!response.destroyed && sent < 4 * MOST_ANSWER_OCTETS) {
          sent += chunk.length;
          if (!response.write(chunk)) return response.once('drain', more);
        }
        return response.end();
      };
      more();
    };
    expect(await page()).toBeUndefined();
    expect(sent).toBeLessThan(2 * MOST_ANSWER_OCTETS);
  });

  it.each([
    [401, 'no', /says 401: no/, /--headers-file/],
    [404, 'page not found', /says 404/, /Give the URL of VictoriaLogs.*--server/],
    [400, 'unsupported path requested: "/x"', /says 400/, /Give the URL of VictoriaLogs.*--server/],
    [400, 'cannot obtain tenantID: bad', /says 400/, /AccountID or AccountID:ProjectID with --tenant/],
    [422, 'too long', /says 422: too long/, /shorter time with --since/],
  ])('explains the remedy when it is refused with %i', async (status, body, message, remedy) => {
    server.says(status, body, json);
    await expect(page()).rejects.toMatchObject({
      code: 'WEIR_VICTORIALOGS_REFUSED',
      message: expect.stringMatching(message),
      remedy: expect.stringMatching(remedy),
    });
  });

  it.each([
    ['<html>Sign in</html>', { 'content-type': 'text/html' }],
    ['{"status":"success"}', json],
    ['null\n', json],
    ['[1]\n', json],
    ['cannot execute query', json],
  ])('reports a server that is not VictoriaLogs: %s', async (body, headers) => {
    server.says(200, body, headers);
    await expect(page()).rejects.toMatchObject({
      code: 'WEIR_VICTORIALOGS_REFUSED',
      message: expect.stringContaining(
        `was expected to answer a query of entries as VictoriaLogs does, and says: `,
      ),
      remedy: expect.stringContaining('--server'),
    });
  });

  it('names its address when nothing answers', async () => {
    server.answer = (_, response) => response.destroy();
    await expect(page()).rejects.toMatchObject({
      code: 'WEIR_VICTORIALOGS_UNREACHABLE',
      message: expect.stringContaining(`no answer from VictoriaLogs at ${server.url}: `),
      remedy: expect.stringContaining('WEIR_VICTORIALOGS'),
    });
    server.answer = (_, response) => {
      response.writeHead(200, { ...json, 'content-length': '100' }).write('{');
      setImmediate(() => response.destroy());
    };
    await expect(page()).rejects.toMatchObject({ code: 'WEIR_VICTORIALOGS_UNREACHABLE' });
  });
});
