import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiDocument, apiDocument, apiOperations } from '../../../src/api/index.ts';
import { batchOf } from '../../../src/flow/index.ts';
import { QueryDesk } from '../../../src/query/index.ts';
import { type Clock, systemClock } from '../../../src/runtime/index.ts';
import { keepEvents } from '../../support/event-place.ts';
import { HistoryPlace } from '../../support/kept-history.ts';
import { eventIn } from '../../support/made-event.ts';
import { numberedFlow } from '../../support/sink-under-test.ts';
import { GuardedServer } from '../guarded-server.ts';
import { type Asked, askServer, DescribedAnswers, type ReceivedAnswer } from './described-answers.ts';
import { bearer, DescribedServer } from './described-server.ts';

type Example = readonly [status: number, address: string, asked?: Asked];

/** Requests to the server that has all, and their statuses. */
const examples: Readonly<Record<string, readonly Example[]>> = {
  'GET /flows': [
    [200, '/flows'],
    [200, '/flows?proto=tcp&proto=!udp&where=port%3D443&last=1&follow=false'],
    [200, '/flows?since=3h'],
    [400, '/flows?colour=red'],
    [400, '/flows?last=many'],
  ],
  'GET /flows/logql': [
    [200, '/flows/logql?where=namespace%3Dshop'],
    [400, '/flows/logql?where=('],
  ],
  'GET /flowrecords': [
    [200, '/flowrecords'],
    [200, '/flowrecords?srcip=192.0.2.1&dstip=192.0.2.2&proto=tcp&srcport=1&dstport=2'],
    [400, '/flowrecords?srcport=http'],
  ],
  'GET /query': [
    [
      200,
      '/query?from=1h&by=sourcePod,destinationPort&measures=octets,records&top=2&step=20m&compare=previous',
    ],
    [200, '/query?from=10d&where=port%3D443'],
    [400, '/query?from=yesterday'],
  ],
  'POST /query': [
    [200, '/query', { body: '{"from": "1h", "by": ["sourceZone"], "step": "auto"}' }],
    [200, '/query', { body: '{"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"}' }],
    [400, '/query', { body: '{' }],
  ],
  'GET /query/values': [
    [200, '/query/values?dimension=sourcePod&prefix=team'],
    [400, '/query/values?dimension=colour'],
  ],
  'GET /events': [
    [200, '/events'],
    [200, '/events', { headers: { accept: 'application/x-ndjson' } }],
    [200, '/events?since=3d&until=now&search=oom%20shop&kind=kubernetes&kind=loss&namespace=shop&limit=10'],
    [400, '/events?kind=weather'],
    [400, '/events?since=yesterday'],
  ],
  'POST /alerts': [
    [200, '/alerts', { body: '{"alerts": [{"status": "firing", "labels": {"alertname": "High"}}]}' }],
    [400, '/alerts', { body: '{"alerts": [{"status": "firing"}]}' }],
    [400, '/alerts', { body: '[' }],
  ],
  'GET /ledger': [[200, '/ledger']],
  'GET /recordmetrics': [[200, '/recordmetrics']],
  'GET /flowcollectors': [[200, '/flowcollectors']],
  'GET /exporters': [
    [200, '/exporters'],
    [200, '/exporters?limit=2'],
    [400, '/exporters?limit=0'],
  ],
  'GET /loglevel': [[200, '/loglevel']],
  'PUT /loglevel': [
    [200, '/loglevel?level=Debug'],
    [400, '/loglevel?level=loud'],
  ],
  'GET /metrics': [
    [200, '/metrics', { headers: { accept: 'text/plain' } }],
    [200, '/metrics?created=true', { headers: { accept: 'application/openmetrics-text' } }],
  ],
  'GET /healthz': [[200, '/healthz']],
  'GET /livez': [[200, '/livez']],
  'GET /readyz': [[200, '/readyz']],
  'GET /openapi.json': [[200, '/openapi.json']],
};

const operations = Object.keys(apiOperations).map((key): [method: string, path: string] => {
  const [path, method = 'GET'] = key.split(' ').toReversed();
  return [method, path!];
});
const examplesOf = (method: string, path: string): readonly Example[] => examples[`${method} ${path}`]!;

/** A clock on which all timers ring at once, before another thread can answer. */
const hastyClock: Clock = {
  ...{ now: () => Date.now(), monotonic: () => performance.now(), every: () => () => {} },
  wallAt: (monotonicMs) => monotonicMs,
  after: (_, ring) => {
    queueMicrotask(ring);
    return () => {};
  },
};

const local = new DescribedAnswers(apiDocument('local'));
const cluster = new DescribedAnswers(apiDocument('cluster'));
const place = new HistoryPlace();
const kept = { history: () => place.directory };
const all = new DescribedServer(kept);
/** Servers on which something is amiss: guesses of the token, no token, no history, no time, no turn. */
const guessed = new DescribedServer(kept);
const tokenless = new DescribedServer(kept);
const forgetful = new DescribedServer();
const hasty = new DescribedServer({ ...kept, queries: new QueryDesk(hastyClock) });
const busy = new DescribedServer({
  ...kept,
  queries: new QueryDesk(systemClock, { mostRunning: 0, mostWaiting: 0 }),
});
const broken = new DescribedServer({ history: () => '/nowhere' });
const guarded = new GuardedServer();
const servers = [all, guessed, tokenless, forgetful, hasty, busy, broken, guarded];
/** Another each time: who shows the same one again has an answer at once. */
let guesses = 0;
const wrongToken = () => bearer(`guess-of-a-stranger-${++guesses}`);

beforeAll(async () => {
  await using history = await place.open();
  await history.append(batchOf(Array.from({ length: 20 }, (_, i) => numberedFlow(i))));
  await keepEvents(place.directory, [eventIn('shop', 'OOMKilled'), eventIn(undefined, 'NodeNotReady')]);
  for (const server of servers) await server.start();
  tokenless.loseToken();
  guarded.know('nobody');
  guarded.know(
    'admin',
    'list flows *',
    ...operations.map(([method, path]) => `${method.toLowerCase()} ${path}`),
  );
  for (let i = 0; i < 40; i++) {
    await askServer(guessed.url, 'GET', '/ledger', { headers: wrongToken() });
    await askServer(guarded.server.url, 'GET', '/ledger', { headers: wrongToken() });
  }
});

afterAll(async () => {
  for (const server of servers) await server[Symbol.asyncDispose]();
  place[Symbol.dispose]();
});

/** What is asked, with further headers. */
const withHeaders = (asked: Asked, headers: Readonly<Record<string, string>>): Asked => ({
  ...asked,
  headers: { ...asked.headers, ...headers },
});
const foreign = { origin: 'http://example.com' };
const longBody = { 'content-length': '2000000' };

/** Ways to ask that most routes refuse, each for a reason of its own. */
const refusals: ((method: string, address: string, asked: Asked) => Promise<ReceivedAnswer>)[] = [
  (method, address, asked) => askServer(all.url, method, address, asked),
  (method, address, asked) =>
    askServer(all.url, method, address, withHeaders(asked, { ...bearer(), ...foreign })),
  (_, address, asked) => askServer(all.url, 'PATCH', address, { headers: { ...asked.headers, ...bearer() } }),
  (method, address, asked) =>
    askServer(all.url, method, address, withHeaders(asked, { ...bearer(), ...longBody })),
  (method, address, asked) => askServer(guessed.url, method, address, withHeaders(asked, wrongToken())),
  ...[tokenless, forgetful, hasty, busy, broken].map(
    ({ server }) =>
      (method: string, address: string, asked: Asked) =>
        askServer(server.url, method, address, withHeaders(asked, bearer())),
  ),
  async (method, address, asked) => {
    all.readiness.isReady = false;
    const answer = await askServer(all.url, method, address, withHeaders(asked, bearer()));
    all.readiness.isReady = true;
    return answer;
  },
];

describe('each route', () => {
  it.each(operations)('answers as described, with no other status: %s %s', async (method, path) => {
    for (const [status, address, asked = {}] of examplesOf(method, path)) {
      const answer = await askServer(all.url, method, address, withHeaders(asked, bearer()));
      expect([answer.status, address]).toEqual([status, address]);
      local.expect(method, path, answer);
    }
    const [[, address, asked = {}]] = examplesOf(method, path) as [Example];
    for (const refuse of refusals) local.expect(method, path, await refuse(method, address, asked));
    expect(local.seenOf(method, path)).toEqual(local.statusesOf(method, path));
  });

  const inCluster = operations.filter(([, path]) => path !== '/flows/logql');
  it.each(inCluster)('answers as described in a cluster: %s %s', async (method, path) => {
    const [[, address, asked = {}]] = examplesOf(method, path) as [Example];
    const expectDescribed = async (headers: Readonly<Record<string, string>>) =>
      cluster.expect(
        method,
        path,
        await askServer(guarded.server.url, method, address, withHeaders(asked, headers)),
      );
    for (const who of ['nobody', 'admin']) await expectDescribed(bearer(`token-of-${who}`));
    for (const headers of [{}, foreign, longBody, wrongToken()]) await expectDescribed(headers);
    guarded.reviews.fault = { status: 500 };
    await expectDescribed(bearer(`new-token-for-${path}`));
    guarded.reviews.fault = undefined;
    const isOpen = ['/healthz', '/livez', '/readyz', '/openapi.json'].includes(path);
    const refused = isOpen ? [200] : [401, 403, 429, 503];
    expect(cluster.seenOf(method, path)).toEqual(expect.arrayContaining(refused));
    if (isOpen) expect(cluster.seenOf(method, path)).not.toContain(401);
  });

  it('answers what it does not describe as any other error is described', async () => {
    const long = await askServer(all.url, 'GET', `/ledger?x=${'y'.repeat(5_000)}`, { headers: bearer() });
    expect(long.status).toBe(414);
    local.expectOther('GET', '/ledger', long);
    const failing = await new DescribedServer({
      recordMetrics: () => {
        throw new Error('a fault');
      },
    }).start();
    const fault = await askServer(failing.url, 'GET', '/recordmetrics', { headers: bearer() });
    await failing[Symbol.asyncDispose]();
    expect(fault.status).toBe(500);
    local.expectOther('GET', '/recordmetrics', fault);
  });

  it('of metrics answers in plain text once they have ended', async () => {
    await using ended = await new DescribedServer().start();
    await ended.stopMetrics();
    const answer = await askServer(ended.url, 'GET', '/metrics', { headers: bearer() });
    expect([answer.status, answer.headers['content-type']]).toEqual([503, 'text/plain; charset=utf-8']);
    local.expect('GET', '/metrics', answer);
  });

  it('of readiness answers why the process may miss flows', async () => {
    await using server = await new DescribedServer().start();
    server.readiness.remarks.push('no certificate yet');
    local.expect('GET', '/readyz', await askServer(server.url, 'GET', '/readyz'));
    server.readiness.problems.push('conntrack is off');
    local.expect('GET', '/readyz', await askServer(server.url, 'GET', '/readyz'));
  });
});

describe('the document', () => {
  const keysOf = (document: ApiDocument) =>
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => (method === 'get' ? path : `${method.toUpperCase()} ${path}`)),
    );

  it('has every route of both servers, and no other', () => {
    expect(keysOf(apiDocument('local')).sort()).toEqual(Object.keys(all.routes).sort());
    expect(keysOf(apiDocument('cluster')).sort()).toEqual(Object.keys(guarded.routes).sort());
  });

  it('is what both servers answer, to everybody in a cluster', async () => {
    const open = await askServer(all.url, 'GET', '/openapi.json', { headers: bearer() });
    expect(JSON.parse(open.text)).toEqual(JSON.parse(JSON.stringify(apiDocument('local'))));
    const inCluster = await askServer(guarded.server.url, 'GET', '/openapi.json');
    expect(JSON.parse(inCluster.text)).toEqual(JSON.parse(JSON.stringify(apiDocument('cluster'))));
  });

  it('has only schemas of JSON Schema, and no name that leads nowhere', () => {
    const { paths, components } = apiDocument('local');
    for (const schema of Object.values(components.schemas)) local.compile(schema);
    const used = new Set(
      [...JSON.stringify({ paths, components }).matchAll(/#\/components\/schemas\/(\w+)/g)].map(
        ([, name]) => name,
      ),
    );
    expect([...used].sort()).toEqual(Object.keys(components.schemas).sort());
    for (const { parameters = [] } of Object.values(paths).flatMap((methods) => Object.values(methods)))
      for (const { schema } of parameters) local.compile(schema);
  });

  it('has objects with all keys that they may have', () => {
    const { schemas } = apiDocument('local').components;
    const open = Object.entries(schemas).filter(
      ([, { type, additionalProperties }]) => type === 'object' && additionalProperties !== false,
    );
    expect(open).toEqual([]);
  });

  it('has the keys of a record by the table of fields: a full record has each', async () => {
    const { text } = await askServer(all.url, 'GET', '/flows', { headers: bearer() });
    const keys = new Set(
      text
        .trim()
        .split('\n')
        .flatMap((line) => Object.keys(JSON.parse(line))),
    );
    const { properties } = apiDocument('local').components.schemas.FlowRecord!;
    expect([...keys].sort()).toEqual(Object.keys(properties as object).sort());
  });

  it.each(['/flows', '/flowrecords', '/query', '/query/values'])(
    'has the parameters that the refusal of another one names: %s',
    async (path) => {
      const { text } = await askServer(all.url, 'GET', `${path}?nonsense=1`, { headers: bearer() });
      const [, names] = /(?:there are|expected only) ([^;"]*)/.exec(JSON.parse(text).error)!;
      const described = apiDocument('local').paths[path]!.get!.parameters!.map(({ name }) => name);
      expect(described).toEqual(names!.split(', '));
    },
  );

  it.each<[status: number, question: object]>([
    [200, { from: '1h' }],
    [
      200,
      { from: '1h', by: ['source', 'sourcePort'], measures: ['flows'], top: 3, step: '1m', compare: '1d' },
    ],
    [400, {}],
    [400, { from: 1 }],
    [400, { from: '1h', by: ['colour'] }],
    [400, { from: '1h', top: 1_001 }],
    [400, { from: '1h', colour: 'red' }],
  ])('accepts or refuses a question as the server does: %i %j', async (status, question) => {
    const accepts = local.compile(apiDocument('local').components.schemas.Question!);
    const asked = { headers: bearer(), body: JSON.stringify(question) };
    expect((await askServer(all.url, 'POST', '/query', asked)).status).toBe(status);
    expect(accepts(question)).toBe(status === 200);
  });
});
