import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { queryRoutes } from '../../../src/api/query/index.ts';
import { batchOf } from '../../../src/flow/index.ts';
import { HttpServer } from '../../../src/http/index.ts';
import { type QueryAnswer, QueryDesk } from '../../../src/query/index.ts';
import { systemClock } from '../../../src/runtime/index.ts';
import { HistoryPlace } from '../../support/kept-history.ts';
import { numberedFlow } from '../../support/sink-under-test.ts';

const names = ['Other', '__proto__', '<b>', '=1+1', 'other'];

describe('/query', () => {
  const place = new HistoryPlace();
  const queries = new QueryDesk(systemClock);
  let directory: string | undefined = place.directory;
  const server = new HttpServer(
    { host: '127.0.0.1', port: 0 },
    queryRoutes({ clock: systemClock, history: () => directory, queries }),
  );

  beforeAll(async () => {
    await using history = await place.open();
    const flows = names.map((sourceWorkloadName, i) => numberedFlow(10 - i, { sourceWorkloadName }));
    const { sourcePodName: _, sourcePodNamespace: __, ...unnamed } = numberedFlow(1);
    await history.append(batchOf([...flows, unnamed, { ...unnamed, octetDeltaCount: 2 ** 60 }]));
    await server.start();
  });
  afterAll(async () => {
    await server.stop();
    await queries.stop();
    place[Symbol.dispose]();
  });

  const post = async (question: unknown, headers: Record<string, string> = {}) => {
    const body = typeof question === 'string' ? question : JSON.stringify(question);
    const response = await fetch(`${server.url}/query`, { method: 'POST', body, headers });
    return {
      status: response.status,
      headers: response.headers,
      answer: (await response.json()) as QueryAnswer,
    };
  };
  const get = async (path: string) => {
    const response = await fetch(`${server.url}${path}`);
    return { status: response.status, answer: (await response.json()) as QueryAnswer };
  };

  it('answers a question in a body and the same in an address', async () => {
    const { status, answer } = await post({
      from: '1h',
      by: ['sourceWorkload', 'destinationPort'],
      measures: ['octets', 'records'],
      top: 3,
    });
    expect(status).toBe(200);
    expect(answer).toMatchObject({
      by: ['sourceWorkload', 'destinationPort'],
      groups: [
        { key: [null, '443'], isRest: false, totals: ['1152921504606846977', 2] },
        { key: ['team-0/Other', '443'], isRest: false, totals: [10, 1] },
        { key: ['team-4/__proto__', '443'], isRest: false, totals: [9, 1] },
        { key: [], isRest: true, totals: [21, 3] },
      ],
      totals: ['1152921504606847017', 7],
      groupCount: 6,
    });
    const again = await get(`/query?from=1h&by=sourceWorkload,destinationPort&measures=octets,records&top=3`);
    expect(again.status).toBe(200);
    expect(again.answer.groups).toEqual(answer.groups);
  });

  it('refuses a wrong question with what was expected and found', async () => {
    expect(await post({ from: '1h', top: 'many' })).toMatchObject({
      status: 400,
      answer: { error: 'top: expected a whole number from 1 to 1000; found "many"' },
    });
    expect(await post('{')).toMatchObject({
      status: 400,
      answer: { error: expect.stringContaining('expected a JSON object') },
    });
    expect(await get('/query?from=1h&top=x')).toMatchObject({ status: 400 });
    expect(await get('/query?from=1h&from=2h')).toMatchObject({
      status: 400,
      answer: { error: 'from: expected it once, found it again' },
    });
    expect(await post({ from: '1h', where: `port=1${' or port=1'.repeat(10_000)}` })).toMatchObject({
      status: 413,
    });
  });

  it('completes values by their beginning, the most frequent first, and not those that are none', async () => {
    expect(await get('/query/values?dimension=sourceWorkload&prefix=TEAM-4')).toEqual({
      status: 200,
      answer: { dimension: 'sourceWorkload', values: ['team-4/__proto__'] },
    });
    expect((await get('/query/values?dimension=sourceWorkload')).answer).toMatchObject({
      values: expect.objectContaining({ length: 5 }),
    });
    expect(await get('/query/values?dimension=port')).toMatchObject({
      status: 400,
      answer: { error: expect.stringMatching(/^dimension: expected one of source, .*, found "port"$/) },
    });
  });

  it('says what to do in a process without a history', async () => {
    directory = undefined;
    expect(await post({ from: '1h' })).toMatchObject({
      status: 404,
      answer: { error: expect.stringContaining('this process keeps no history; start "weir up"') },
    });
    directory = place.directory;
  });
});
