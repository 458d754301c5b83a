import { get, type IncomingMessage } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { flowsRoute, RecentFlows } from '../../../src/api/index.ts';
import { HttpServer } from '../../../src/http/index.ts';
import { QueryDesk } from '../../../src/query/index.ts';
import { Ledger, systemClock } from '../../../src/runtime/index.ts';
import { answering, growHistory, isRead, isReadHere } from '../../support/answering-processes.ts';
import { HistoryPlace } from '../../support/kept-history.ts';
import { until } from '../../support/until.ts';

/** More than the sockets of both ends hold. */
const MOST_UNREAD = 16_000_000;

describe('/flows from a large history', () => {
  const place = new HistoryPlace();
  let ledger: Ledger;
  let queries: QueryDesk;
  let server: HttpServer;

  let whole: number;
  beforeAll(async () => {
    whole = (await growHistory(place, 9)).records;
  });
  afterAll(() => place[Symbol.dispose]());

  beforeEach(async () => {
    ledger = new Ledger();
    queries = new QueryDesk(systemClock, { mostWaiting: 0 });
    const flows = new RecentFlows(systemClock, ledger, { windowMs: 1, maxOctets: 1_000_000 });
    const stored = { history: () => place.directory, queries, onTrouble: () => {} };
    server = new HttpServer(
      { host: '127.0.0.1', port: 0 },
      { '/flows': flowsRoute(flows, systemClock, ledger, { stored }) },
    );
    await server.start();
  });
  afterEach(async () => {
    await server.stop();
    await queries.stop();
    expect(answering()).toEqual([]);
    expect(ledger.accounts.filter(({ difference, held }) => difference !== 0 || held !== 0)).toEqual([]);
  });

  /** A client that has not read anything of its answer yet. */
  const startClient = (): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      get(`${server.url}/flows?since=3d`, resolve).on('error', reject);
    });

  it('come from another process, which makes no more than the client takes', async () => {
    const client = await startClient();
    await until('a process to read', () => isRead(place));
    expect(isReadHere(place)).toBe(false);
    const sent = () => ledger.accounts.find(({ name }) => name.startsWith('http client '))?.sent ?? 0;
    let before = -1;
    await until(
      'the answer to stand still',
      async () => {
        const isStill = sent() > 0 && sent() === before;
        before = sent();
        return isStill;
      },
      { everyMs: 500 },
    );
    expect(before).toBeLessThan(whole / 2);
    let octets = 0;
    for await (const chunk of client) octets += (chunk as Buffer).length;
    expect(octets).toBeGreaterThan(MOST_UNREAD);
    await until('the end of the client', () => ledger.accounts.length === 2);
    expect(ledger.accounts.find(({ name }) => name === 'http')).toMatchObject({ sent: whole });
  });

  it('end with a line that says why when the process dies', async () => {
    const client = await startClient();
    await until('a process to read', () => isRead(place));
    process.kill(answering()[0]!, 'SIGKILL');
    let text = '';
    for await (const chunk of client) text = (text + chunk).slice(-10_000);
    expect(JSON.parse(text.trimEnd().split('\n').at(-1)!)).toEqual({
      missedRecords: 'some',
      why: expect.stringMatching(/^the process that answers has ended: SIGKILL Ask again\./),
    });
    expect((await fetch(`${server.url}/flows?since=3d&last=3`)).status).toBe(200);
  });

  it('are refused in words while others read', async () => {
    const client = await startClient();
    await until('a process to read', () => isRead(place));
    const refused = await fetch(`${server.url}/flows?since=3d`);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '5']);
    expect(await refused.json()).toEqual({
      error: '1 questions are asked already\n  Ask again in some seconds.',
    });
    client.destroy();
    await until(
      'the process to be free',
      async () => (await fetch(`${server.url}/flows?since=3d&last=1`)).ok,
    );
  });

  it('are refused in words when the process ends', async () => {
    await queries.stop();
    const refused = await fetch(`${server.url}/flows?since=3d`);
    expect([refused.status, await refused.json()]).toEqual([
      503,
      { error: 'the process ends\n  Ask again when it runs.' },
    ]);
  });
});
