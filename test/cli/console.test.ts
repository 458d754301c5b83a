import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { batchOf, type FlowRecord } from '../../src/flow/index.ts';
import type { QueryAnswer } from '../../src/query/index.ts';
import { HistoryPlace } from '../support/kept-history.ts';
import type { Program } from '../support/program.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';
import { ClusteredAggregator } from './clustered-aggregator.ts';
import { startWeir, weir } from './weir.ts';

const between = (sourcePodNamespace: string, destinationPodNamespace: string): FlowRecord => ({
  ...{ sourcePodNamespace, sourcePodName: 'client', sourceIP: '10.0.0.1' },
  ...{ destinationPodNamespace, destinationPodName: 'server', destinationIP: '10.0.0.2' },
  ...{ octetDeltaCount: 1_000, protocolIdentifier: 6 },
});

/** `weir console` as it runs, and what a browser with its link may ask. */
class OpenConsole {
  readonly url: string;
  readonly #cookie: string;

  private constructor(url: string, cookie: string) {
    this.url = url;
    this.#cookie = cookie;
  }

  /** @param state its WEIR_STATE */
  static async of(program: Program, state: string): Promise<OpenConsole> {
    const [, url] = await program.says(/answers on (http:\/\/\S+)\/console\/; the token is in the file/);
    const token = readFileSync(`${state}/console/token`, 'utf8').trim();
    const { headers } = await fetch(`${url}/console/?token=${token}`, { redirect: 'manual' });
    return new OpenConsole(url!, headers.get('set-cookie')!.split(';')[0]!);
  }

  ask(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(this.url + path, { ...init, headers: { cookie: this.#cookie, ...init.headers } });
  }

  async answer(question: object): Promise<QueryAnswer> {
    const body = JSON.stringify({ from: '1h', ...question });
    return (await this.ask('/query', { method: 'POST', body })).json() as Promise<QueryAnswer>;
  }
}

requires('openssl')('weir console with a context', () => {
  let aggregator: ClusteredAggregator;
  let place: HistoryPlace;
  let program: Program;

  beforeEach(async () => {
    aggregator = await new ClusteredAggregator().start();
    place = new HistoryPlace();
    {
      await using history = await place.open({}, aggregator.server.clock);
      await history.append(
        batchOf([between('shop', 'bank'), between('bank', 'dev'), between('shop', 'shop')]),
      );
    }
    aggregator.server.directory = place.directory;
    aggregator.server.clock.advance(1);
    program = aggregator.weir('console', '--http', '127.0.0.1:0');
  });
  afterEach(async () => {
    await program[Symbol.asyncDispose]();
    await aggregator[Symbol.asyncDispose]();
    place[Symbol.dispose]();
  });

  const open = () => OpenConsole.of(program, aggregator.directory.file('state'));

  it('shows a reader of one namespace the console with their own flows, and the rest only as it is for them', async () => {
    const console = await open();
    const page = await console.ask('/console/');
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toContain("connect-src 'self'");
    const { groups, totals } = await console.answer({ by: ['sourcePod', 'destinationPod'] });
    expect(totals).toEqual([2_000]);
    expect(groups.map(({ key }) => key.join(' ')).toSorted()).toEqual([
      'shop/client ',
      'shop/client shop/server',
    ]);
    const values = await (await console.ask('/query/values?dimension=destinationNamespace')).json();
    expect(values).toEqual({ dimension: 'destinationNamespace', values: ['shop'] });
    const lines = (await (await console.ask('/flows?since=1h')).text()).trim().split('\n');
    expect(lines).toHaveLength(2);
    expect(lines.join()).not.toContain('bank');
    expect((await console.ask('/recordmetrics')).status).toBe(200);
    const refused = await console.ask('/ledger');
    expect([refused.status, await refused.json()]).toEqual([
      403,
      { error: expect.stringContaining('reader may not get /ledger') },
    ]);
    expect(await (await console.ask('/console/lacks')).json()).toEqual({
      ledger: 'You may not read /ledger of this aggregator. The role weir-operator allows it.',
      exporters: 'You may not read /exporters of this aggregator. The role weir-operator allows it.',
      metrics: 'You may not read /metrics of this aggregator. The role weir-operator allows it.',
    });
  });

  it('is only for those who have its link, by a name of this machine, and from its own pages', async () => {
    const console = await open();
    for (const path of ['/flows', '/query?from=1h', '/query/values?dimension=source', '/metrics'])
      expect((await fetch(console.url + path)).status, path).toBe(401);
    expect((await console.ask('/flows', { headers: { origin: 'http://127.0.0.1:1' } })).status).toBe(403);
    expect((await console.ask('/flows', { headers: { 'sec-fetch-site': 'same-site' } })).status).toBe(403);
    const rebound = new Promise((resolve, reject) => {
      const headers = { host: 'evil.example' };
      request(`${console.url}/flows`, { headers }, ({ statusCode }) => resolve(statusCode))
        .on('error', reject)
        .end();
    });
    expect(await rebound).toBe(403);
    expect((await console.ask('/loglevel')).status).toBe(404);
    expect((await console.ask('/query', { method: 'POST', body: ' '.repeat(70_000) })).status).toBe(413);
  });

  it('asks many questions over few port-forwards, with one token', async () => {
    const console = await open();
    for (let i = 0; i < 10; i++) await console.answer({});
    const asked = aggregator.asked.map(String);
    expect(asked.filter((path) => path.includes('/portforward')).length).toBeLessThan(4);
    expect(asked.filter((path) => path.includes('/token'))).toHaveLength(1);
  });

  it('follows live flows, and stops when the browser leaves', async () => {
    const console = await open();
    const leaving = new AbortController();
    const { body } = await console.ask('/flows?follow=true', { signal: leaving.signal });
    aggregator.server.recent.write(batchOf([between('bank', 'dev'), between('dev', 'shop')]));
    const { value } = await body!.getReader().read();
    expect(JSON.parse(Buffer.from(value!).toString())).toMatchObject({ destinationPodNamespace: 'shop' });
    const readers = () => aggregator.server.ledger.accounts.filter(({ name }) => name.includes('client'));
    expect(readers()).toHaveLength(1);
    leaving.abort();
    await until('the aggregator has no reader', () => readers().length === 0);
  });

  it('gets a new token when the aggregator no longer takes the one before', async () => {
    const console = await open();
    expect((await console.answer({})).totals).toEqual([2_000]);
    aggregator.server.reviews.users.clear();
    aggregator.server.know('bank-reader', 'list flows bank');
    aggregator.tokens['shop/weir-flow-reader'] = 'token-of-bank-reader';
    aggregator.server.clock.advance(60_001);
    expect((await console.answer({ measures: ['records'] })).totals).toEqual([2]);
    aggregator.server.reviews.users.clear();
    aggregator.server.clock.advance(60_001);
    const refused = await console.ask('/query?from=1h');
    expect([refused.status, await refused.json()]).toEqual([
      502,
      { error: expect.stringContaining('flow-aggregator/new does not take the token') },
    ]);
  });
});

describe('weir console', () => {
  it('says what is wrong before it opens anything', async () => {
    const { code, stderr } = await weir('console', '--server', 'http://127.0.0.1:1', '--http', '127.0.0.1:0');
    expect(code).toBe(1);
    expect(stderr).toContain('no answer from http://127.0.0.1:1');
    expect(stderr).not.toContain('answers on');
    const both = await weir('console', '--from', 'history', '--context', 'production');
    expect([both.code, both.stderr]).toEqual([
      2,
      expect.stringContaining('--context is for a running aggregator'),
    ]);
  });

  it('shows the files of a history without a process that writes it', async () => {
    using place = new HistoryPlace();
    using state = new TemporaryDirectory();
    {
      await using history = await place.open();
      await history.append(batchOf([between('shop', 'bank')]));
    }
    const words = ['console', '--from', 'history', '--directory', place.directory, '--http', '127.0.0.1:0'];
    await using program = startWeir(words, { environment: { WEIR_STATE: state.path } });
    const console = await OpenConsole.of(program, state.path);
    expect((await console.answer({ by: ['destinationPod'] })).groups).toMatchObject([
      { key: ['bank/server'], totals: [1_000] },
    ]);
    expect(JSON.parse(await (await console.ask('/flows?since=1h')).text())).toMatchObject({
      sourcePodNamespace: 'shop',
    });
    expect((await console.ask('/console/')).status).toBe(200);
    expect((await fetch(`${console.url}/flows?since=1h`)).status).toBe(401);
  });
});
