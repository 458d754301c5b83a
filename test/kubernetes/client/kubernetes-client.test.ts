import nock from 'nock';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KubernetesClient, KubernetesError, resourceKinds } from '../../../src/kubernetes/index.ts';
import { Ledger } from '../../../src/runtime/index.ts';
import { accessTo } from '../../support/fake-api-server.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { keptLog } from '../../support/ipfix.ts';
import { until } from '../../support/until.ts';

const server = 'https://192.0.2.10:6443';
const { secrets, pods, tokenReviews, endpointSlices } = resourceKinds;
const secret = { kind: secrets, namespace: 'weir', name: 'authority' };
const found = { metadata: { name: 'authority', resourceVersion: '7' }, data: {} };
const status = (code: number, reason: string, message: string) => ({ kind: 'Status', code, reason, message });

beforeEach(() => nock.disableNetConnect());
afterEach(() => {
  nock.cleanAll();
  nock.enableNetConnect();
});

function clientBed() {
  const clock = new FakeClock();
  const { log, lines } = keptLog(clock);
  const ledger = new Ledger();
  const client = new KubernetesClient({
    access: accessTo(server, { authorization: 'Bearer secret-token' }),
    clock,
    log,
    ledger,
  });
  const account = ledger.accounts[0]!;
  /** Ends each pause until the promise settles. */
  const settled = async <T>(promise: Promise<T>): Promise<T | KubernetesError> => {
    let result: { value: T | KubernetesError } | undefined;
    promise.then(
      (value) => {
        result = { value };
      },
      (error) => {
        result = { value: error };
      },
    );
    await until('an answer', () => {
      if (account.held === 0) clock.advance(500);
      return result;
    });
    return result!.value;
  };
  return { client, clock, lines, account, settled };
}

describe('the Kubernetes client', () => {
  it('reads an object with the credentials of its access', async () => {
    const { client, account } = clientBed();
    nock(server, { reqheaders: { authorization: 'Bearer secret-token', accept: 'application/json' } })
      .get('/api/v1/namespaces/weir/secrets/authority')
      .reply(200, found);
    expect(await client.get(secret)).toEqual(found);
    expect(account.toJSON()).toMatchObject({ received: 1, sent: 1, held: 0, events: {} });
    expect(client.currentNamespace).toBe('weir');
  });

  it('creates in the collection, replaces and patches the object, and asks reviews', async () => {
    const { client } = clientBed();
    const object = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'authority' } };
    nock(server).post('/api/v1/namespaces/weir/secrets', object).reply(201, found);
    expect(await client.create(secret, object)).toEqual(found);
    nock(server).put('/api/v1/namespaces/weir/secrets/authority', object).reply(200, found);
    expect(await client.update(secret, object)).toEqual(found);
    nock(server, { reqheaders: { 'content-type': 'application/apply-patch+yaml' } })
      .patch('/api/v1/namespaces/weir/secrets/authority', object)
      .query({ fieldManager: 'weir', force: 'true' })
      .reply(200, found);
    const query = { fieldManager: 'weir', force: 'true' };
    expect(await client.patch(secret, 'apply', object, { query })).toEqual(found);
    const review = { spec: { token: 'theirs', audiences: ['weir'] } };
    nock(server).post('/apis/authentication.k8s.io/v1/tokenreviews', review).reply(201, { status: {} });
    expect(await client.create({ kind: tokenReviews }, review)).toEqual({ metadata: {}, status: {} });
  });

  it('lists a few objects, and asks for the version', async () => {
    const { client } = clientBed();
    nock(server)
      .get('/apis/discovery.k8s.io/v1/namespaces/weir/endpointslices')
      .query({ labelSelector: 'kubernetes.io/service-name=aggregator' })
      .reply(200, { metadata: {}, items: [{ metadata: { name: 'aggregator-1' } }] });
    const query = { labelSelector: 'kubernetes.io/service-name=aggregator' };
    const slices = await client.list({ kind: endpointSlices, namespace: 'weir' }, { query });
    expect(slices.map(({ metadata }) => metadata.name)).toEqual(['aggregator-1']);
    nock(server).get('/version').reply(200, { gitVersion: 'v1.34.1' });
    expect(await client.version()).toEqual({ gitVersion: 'v1.34.1' });
  });

  it.each([
    [404, 'NotFound', 'WEIR_KUBERNETES_NOT_FOUND', 'cannot get secrets authority in namespace weir'],
    [409, 'AlreadyExists', 'WEIR_KUBERNETES_CONFLICT', 'cannot get secrets authority in namespace weir'],
    [422, 'Invalid', 'WEIR_KUBERNETES_REFUSED', 'refuses to get secrets authority in namespace weir'],
  ])('answers %d with a coded error in words', async (code, reason, errorCode, words) => {
    const { client } = clientBed();
    nock(server)
      .get(/.*/)
      .reply(code, status(code, reason, 'the words of the server'));
    const error = (await client.get(secret).catch((thrown) => thrown)) as KubernetesError;
    expect(error).toBeInstanceOf(KubernetesError);
    expect(error.code).toBe(errorCode);
    expect(error.message).toContain(`${words} (${code} ${reason}: the words of the server)`);
    expect(error.status).toMatchObject({ code, reason });
  });

  it('says once which verb on which resource is missing, and says when it is there', async () => {
    const { client, lines } = clientBed();
    const address = { kind: endpointSlices };
    nock(server)
      .get(/endpointslices/)
      .times(3)
      .reply(403, status(403, 'Forbidden', 'User "weir" cannot list'));
    nock(server)
      .get(/pods/)
      .reply(403, status(403, 'Forbidden', 'User "weir" cannot list'));
    for (let i = 0; i < 3; i++)
      await expect(client.list(address)).rejects.toThrow(/not allow this process to list/);
    await expect(client.list({ kind: pods })).rejects.toMatchObject({ code: 'WEIR_KUBERNETES_FORBIDDEN' });
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain(
      'the API server does not allow this process to list endpointslices.discovery.k8s.io in the whole cluster ' +
        '(403 Forbidden: User "weir" cannot list). Allow the verb "list" on "endpointslices" of the API group discovery.k8s.io',
    );
    nock(server)
      .get(/endpointslices/)
      .reply(200, { metadata: {}, items: [] });
    await client.list(address);
    expect(lines[2]).toContain(
      'allows this process to list endpointslices.discovery.k8s.io in the whole cluster now',
    );
    nock(server)
      .get(/endpointslices/)
      .reply(403, status(403, 'Forbidden', 'again'));
    await expect(client.list(address)).rejects.toThrow();
    expect(lines).toHaveLength(4);
  });

  it('says apart that its own credentials are refused', async () => {
    const { client, lines, account } = clientBed();
    nock(server)
      .get(/.*/)
      .times(4)
      .reply(401, status(401, 'Unauthorized', 'Unauthorized'));
    for (let i = 0; i < 2; i++) {
      await expect(client.get(secret)).rejects.toMatchObject({ code: 'WEIR_KUBERNETES_UNAUTHENTICATED' });
    }
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`${server} does not accept the credentials of this process`);
    expect(lines[0]).toContain('Log in again.');
    expect(account.toJSON().events).toEqual({ 'credentials read again': 2, unauthenticated: 2 });
    nock(server).get(/.*/).reply(200, found);
    await client.get(secret);
    expect(lines[1]).toContain('accepts the credentials of this process now');
    expect(lines.join('\n')).not.toContain('secret-token');
  });

  it('repeats what a busy server has not done, when the server says', async () => {
    const { client, clock, account, settled } = clientBed();
    nock(server)
      .post(/.*/)
      .reply(429, status(429, 'TooManyRequests', 'busy'), { 'retry-after': '3' });
    nock(server).post(/.*/).reply(503, 'overloaded', { 'retry-after': '2' });
    nock(server).post(/.*/).reply(201, found);
    const startedMs = clock.monotonic();
    expect(await settled(client.create(secret, {}))).toEqual(found);
    expect(clock.monotonic() - startedMs).toBeGreaterThanOrEqual(5_000);
    expect(account.toJSON()).toMatchObject({ received: 3, sent: 3, events: { busy: 2, repeated: 2 } });
  });

  it('repeats reads after an error of the server or the connection, with growing pauses, six times at most', async () => {
    const { client, clock, account, settled } = clientBed();
    nock(server)
      .get(/.*/)
      .times(2)
      .reply(500, status(500, 'InternalError', 'etcd'));
    nock(server)
      .get(/.*/)
      .times(4)
      .replyWithError(Object.assign(new Error('reset'), { code: 'ECONNRESET' }));
    const startedMs = clock.monotonic();
    const error = await settled(client.get(secret, { timeLimitMs: 600_000 }));
    expect(error).toMatchObject({
      code: 'WEIR_KUBERNETES_UNREACHABLE',
      message: expect.stringContaining('reset'),
    });
    expect(account.received).toBe(6);
    expect(clock.monotonic() - startedMs).toBeGreaterThan(7_500); // half of 0.5 + 1 + 2 + 4 + 8 s
  });

  it('does not repeat a write that may have been done', async () => {
    const { client, account } = clientBed();
    nock(server)
      .put(/.*/)
      .reply(500, status(500, 'InternalError', 'etcd'));
    await expect(client.update(secret, {})).rejects.toMatchObject({ code: 'WEIR_KUBERNETES_BUSY' });
    nock(server)
      .put(/.*/)
      .replyWithError(Object.assign(new Error('reset'), { code: 'ECONNRESET' }));
    await expect(client.update(secret, {})).rejects.toMatchObject({ code: 'WEIR_KUBERNETES_UNREACHABLE' });
    expect(account.received).toBe(2);
  });

  it('ends within its time limit, and at the signal of its caller', async () => {
    const { client, clock, account } = clientBed();
    nock(server).get(/.*/).times(2).delay(3_600_000).reply(200, found);
    const late = expect(client.get(secret, { timeLimitMs: 4_000 })).rejects.toThrow(/no answer within 4 s/);
    await until('the request', () => account.held === 1);
    clock.advance(4_000);
    await late;
    const end = new AbortController();
    const ended = expect(client.get(secret, { signal: end.signal })).rejects.toThrow(/the process stops/);
    await until('the request', () => account.held === 1);
    end.abort(new Error('the process stops'));
    await ended;
  });

  it.each([
    [
      'more octets than it reads',
      JSON.stringify({ metadata: {}, data: 'x'.repeat(5_000) }),
      '4096 octets at most',
    ],
    ['no JSON', '<html>', 'expected JSON'],
    ['no object', '[]', 'expected an object from'],
  ])('refuses an answer with %s', async (_, body, words) => {
    const { client } = clientBed();
    nock(server).get(/.*/).reply(200, body);
    await expect(client.get(secret, { maxOctets: 4_096 })).rejects.toMatchObject({
      code: 'WEIR_KUBERNETES_ANSWER',
      message: expect.stringContaining(words),
    });
  });

  it('quotes the words of a proxy printable and short', async () => {
    const { client } = clientBed();
    nock(server)
      .get(/.*/)
      .reply(418, `\u001b[31m${'teapot '.repeat(1_000)}`);
    const { message } = await client.get(secret).catch((thrown) => thrown);
    expect(message).toContain('418: \\u001b[31mteapot teapot');
    expect(message.length).toBeLessThan(700);
  });
});
