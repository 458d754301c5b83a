import { request } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { batchOf } from '../../src/flow/index.ts';
import { until } from '../support/until.ts';
import { GuardedServer } from './guarded-server.ts';

let server: GuardedServer;

beforeEach(async () => {
  server = await new GuardedServer().start();
  server.know('admin', 'list flows *', 'get /metrics', 'get /ledger', 'get /loglevel', 'get /recordmetrics');
  server.know('nobody');
});

afterEach(() => server[Symbol.asyncDispose]());

const statusOf = async (...asked: Parameters<GuardedServer['ask']>) => (await server.ask(...asked)).status;
const ofProcess = ['/ledger', '/loglevel', '/recordmetrics', '/flowcollectors', '/exporters', '/metrics'];
const ofFlows = ['/flows', '/flowrecords'];

describe('a caller without a token', () => {
  it('gets the state of the process, and nothing else', async () => {
    for (const path of ['/healthz', '/livez', '/readyz']) expect(await statusOf(path), path).toBe(200);
    for (const path of [...ofProcess, ...ofFlows]) {
      const answer = await server.ask(path);
      expect(answer.status, path).toBe(401);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
      expect(await answer.json()).toEqual({ error: expect.stringContaining('Service proxy removes it') });
    }
    expect(server.reviews.reviews).toBe(0);
  });

  it('is not who other headers say', async () => {
    const headers = {
      'x-remote-user': 'admin',
      'x-remote-group': 'system:masters',
      'x-forwarded-user': 'admin',
      'impersonate-user': 'admin',
      'x-forwarded-for': '127.0.0.1',
    };
    for (const path of [...ofProcess, ...ofFlows]) {
      expect(await statusOf(path, undefined, { headers }), path).toBe(401);
    }
    expect(await statusOf('/metrics', 'nobody', { headers })).toBe(403);
    expect(server.reviews.asked.map(({ spec }) => spec.user)).toEqual([undefined, 'nobody']);
  });

  it.each(['Basic YWRtaW46YWRtaW4=', 'Bearer', 'Bearer  ', 'Bearer a b', 'token-of-admin'])(
    'is one who shows "%s"',
    async (authorization) => {
      expect(await statusOf('/flows', undefined, { headers: { authorization } })).toBe(401);
      expect(server.reviews.reviews).toBe(0);
    },
  );

  it('is one whose token is in the query', async () => {
    expect(await statusOf('/ledger?access_token=token-of-admin')).toBe(401);
  });
});

describe('a token', () => {
  it('that is for another audience is refused', async () => {
    server.reviews.users.set('foreign', { username: 'admin', audiences: ['https://kubernetes.default.svc'] });
    const answer = await server.ask('/flows', undefined, { headers: { authorization: 'Bearer foreign' } });
    expect(answer.status).toBe(401);
    expect(await answer.json()).toEqual({ error: expect.stringContaining('audience "weir"') });
  });

  it('of more than 16 KB is refused without a review', async () => {
    const headers = { authorization: `Bearer ${'x'.repeat(16_385)}` };
    expect(await statusOf('/flows', undefined, { headers })).toBe(401);
    expect(server.reviews.reviews).toBe(0);
  });

  it('is in no message and no line of the log', async () => {
    const headers = { authorization: 'Bearer secret-of-mallory' };
    const texts = [await (await server.ask('/flows', undefined, { headers })).text()];
    server.reviews.fault = { status: 500 };
    server.clock.advance(60_000);
    texts.push(await (await server.ask('/flows', undefined, { headers })).text());
    expect([...texts, ...server.lines].join('\n')).not.toContain('mallory');
  });
});

describe('a path of the process', () => {
  it('answers who may use it, by verb', async () => {
    expect(await server.json('/recordmetrics', 'admin')).toMatchObject({ numRecordsReceived: 7 });
    expect(await (await server.ask('/metrics', 'admin')).text()).toBe('up 1\n');
    expect(await server.json('/loglevel', 'admin')).toEqual({ level: 'info' });
    expect(await statusOf('/flowcollectors', 'admin')).toBe(403);
    const refused = await server.ask('/loglevel?level=debug', 'admin', { method: 'PUT' });
    expect(refused.status).toBe(403);
    expect(await refused.json()).toEqual({
      error: 'admin may not put /loglevel; a role must allow it for nonResourceURLs ["/loglevel"]',
    });
    expect(server.log.level).toBe('info');
    expect(server.lines.join('\n')).toContain('admin may not put /loglevel');
  });

  it('for the log level sets it', async () => {
    server.know('operator', 'put /loglevel');
    const set = (level: string) => server.ask(`/loglevel?level=${level}`, 'operator', { method: 'PUT' });
    expect(await (await set('Debug')).json()).toEqual({ level: 'debug' });
    expect(server.log.level).toBe('debug');
    const refused = await set('loud');
    expect(refused.status).toBe(400);
    expect(await refused.json()).toEqual({
      error: 'level: expected one of error, warn, info, debug, found "loud"',
    });
  });

  it('cannot be checked while the API server is away, and can right afterwards', async () => {
    server.reviews.fault = { status: 401 };
    const away = await server.ask('/metrics', 'admin');
    expect(away.status).toBe(503);
    expect(away.headers.get('retry-after')).toBe('5');
    expect(await away.json()).toEqual({
      error: expect.stringContaining("this aggregator's own credentials"),
    });
    server.reviews.fault = undefined;
    expect(await statusOf('/metrics', 'admin')).toBe(200);
  });
});

describe('hostile clients', () => {
  /** The status of an answer to a token that is shown from an address of this host. */
  const shownFrom = (localAddress: string, token: string): Promise<number> =>
    new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${token}` };
      const asked = request(`${server.server.url}/metrics`, { localAddress, headers, agent: false });
      asked.on('error', reject).on('response', (response) => {
        response.resume();
        resolve(response.statusCode!);
      });
      asked.end();
    });

  it('that show made-up tokens from one address keep nobody waiting at another', async () => {
    let open = () => {};
    server.reviews.gate = new Promise((resolve) => {
      open = resolve;
    });
    const flood = Array.from({ length: 200 }, (_, n) => shownFrom('127.0.0.2', `made-up-${n}`));
    await until('the refusals', () => server.lines.some((line) => line.includes('127.0.0.2: 8 questions')));
    const valid = shownFrom('127.0.0.3', 'token-of-admin');
    await until('the question about the valid token', () =>
      server.reviews.asked.some(({ spec }) => spec.token === 'token-of-admin'),
    );
    open();
    expect(await valid).toBe(200);
    const statuses = await Promise.all(flood);
    expect(statuses.filter((status) => status === 401).length).toBeLessThanOrEqual(28);
    expect(statuses.filter((status) => ![401, 429].includes(status))).toEqual([]);
  });

  /** What comes back for octets on a connection of their own, until it ends. */
  const answerTo = (octets: string): Promise<string> =>
    new Promise((resolve) => {
      let answer = '';
      const socket = connect(Number(new URL(server.server.url).port), '127.0.0.1');
      socket
        .on('data', (text) => (answer += text))
        .on('error', () => {})
        .on('close', () => resolve(answer));
      socket.write(octets);
    });

  it('with huge headers get 431', async () => {
    const answer = await answerTo(
      `GET /flows HTTP/1.1\r\nhost: localhost\r\nx: ${'y'.repeat(70_000)}\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1.1 431 /);
  });

  it.each(['content-length: 10000000000', 'transfer-encoding: chunked'])(
    'with a body (%s) get 413 and no further octet is read',
    async (header) => {
      const answer = await answerTo(`GET /healthz HTTP/1.1\r\nhost: localhost\r\n${header}\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1.1 413 /);
      expect(answer).toMatch(/^connection: close\r$/im);
    },
  );

  it('that open more connections than there may be lock nobody out', async () => {
    const port = Number(new URL(server.server.url).port);
    const idle = Array.from({ length: 300 }, () => connect(port, '127.0.0.1').on('error', () => {}));
    await until('some are closed', () => idle.filter(({ closed }) => closed).length >= 44);
    expect(await statusOf('/ledger', 'admin')).toBe(200);
    for (const socket of idle) socket.destroy();
  });

  it('that ask for each namespace with a name of its own cost one review each, and no more', async () => {
    const flows = Array.from({ length: 2_000 }, (_, n) => ({ sourcePodNamespace: `ns-${n}` }));
    server.recent.write(batchOf(flows));
    expect(await (await server.ask('/flows', 'nobody')).text()).toBe('');
    const asked = server.reviews.reviews;
    expect(asked).toBe(2_003);
    expect(await (await server.ask('/flows', 'nobody')).text()).toBe('');
    expect(server.reviews.reviews).toBe(asked);
  });

  it('that name hundreds of namespaces leave the way to the API server to others', async () => {
    expect(await statusOf('/flows?namespace=other', 'nobody')).toBe(403); // all but the others is known now
    const { promise, resolve } = Promise.withResolvers<void>();
    server.reviews.gate = promise;
    const before = server.reviews.reviews;
    const names = Array.from({ length: 200 }, (_, n) => `namespace=n${n}`).join('&');
    const answer = statusOf(`/flows?${names}`, 'nobody');
    await until('the first questions', () => server.reviews.reviews > before + 1);
    const { held } = server.ledger.accounts.find(({ name }) => name === 'access')!;
    expect(held).toBe(2);
    resolve();
    expect(await answer).toBe(403);
  });
});

describe('sums over flows', () => {
  it('are for everybody whom the API server knows, of the flows that he may read', async () => {
    server.know('reader', 'list flows shop');
    const asked = { method: 'POST', body: '{"from": "1h"}' };
    const wrong = { method: 'POST', body: '{' };
    expect(await statusOf('/query', undefined, asked)).toBe(401);
    expect(await statusOf('/query', undefined, wrong)).toBe(401);
    expect(await statusOf('/query/values?dimension=protocol')).toBe(401);
    expect(await statusOf('/query', 'reader', wrong)).toBe(400);
    for (const user of ['reader', 'admin']) {
      expect(await statusOf('/query?from=1h', user)).toBe(404); // it keeps no history
      expect(await statusOf('/query', user, asked)).toBe(404);
      expect(await statusOf('/query/values?dimension=protocol', user)).toBe(404);
    }
  });
});
