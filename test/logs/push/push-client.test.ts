import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PushClient } from '../../../src/logs/push/push-client.ts';
import type { PushOptions } from '../../../src/logs/push/push-options.ts';
import { makeCertificate } from '../../support/certificate.ts';
import { FakeLoki } from '../../support/fake-loki.ts';
import { lineBatch } from '../../support/line-batches.ts';
import { requires } from '../../support/requires.ts';
import { TemporaryDirectory } from '../../support/temporary-directory.ts';

const forEver = new AbortController().signal;
const batch = lineBatch({ 'app=a,zone=z': ['first', 'second'] });

async function startedClient(options: PushOptions): Promise<PushClient & Disposable> {
  const client = new PushClient(options);
  await client.start();
  return Object.assign(client, { [Symbol.dispose]: () => client.stop() });
}

describe('a client of Loki', () => {
  it.each([
    ['', '/loki/api/v1/push'],
    ['/', '/loki/api/v1/push'],
    ['/behind/a/gateway/', '/behind/a/gateway/loki/api/v1/push'],
    ['/custom/push', '/custom/push'],
  ])('posts to the base %s at %s', async (base, path) => {
    await using loki = await new FakeLoki().start();
    using client = await startedClient({ url: `${loki.url}${base}` });
    expect(await client.push(batch, forEver)).toMatchObject({ status: 204, body: '' });
    expect(loki.pushes[0]!.path).toBe(path);
  });

  it.each(['protobuf', 'json'] as const)('sends the same by %s', async (encoding) => {
    await using loki = await new FakeLoki().start();
    using client = await startedClient({ url: loki.url, encoding, tenant: 'ops' });
    await client.push(batch, forEver);
    const [{ headers, streams, lines }] = loki.pushes as [(typeof loki.pushes)[number]];
    expect([streams[0]!.stream, lines]).toEqual([{ app: 'a', zone: 'z' }, ['first', 'second']]);
    expect(headers).toMatchObject({ 'x-scope-orgid': 'ops' });
    expect(headers['content-type']).toBe(encoding === 'json' ? 'application/json' : 'application/x-protobuf');
    expect(headers['content-encoding']).toBe(encoding === 'json' ? 'gzip' : undefined);
  });

  it('sends a password, a token and headers from files, even after these change', async () => {
    using directory = new TemporaryDirectory();
    const [secret, headersFile] = [directory.file('secret'), directory.file('headers')];
    writeFileSync(secret, 'old one\n');
    writeFileSync(headersFile, '# for the gateway\nX-Team: net\n');
    await using loki = await new FakeLoki().start();
    using basic = await startedClient({ url: loki.url, username: 'weir', passwordFile: secret, headersFile });
    using bearer = await startedClient({ url: loki.url, bearerTokenFile: secret });
    for (const client of [basic, bearer]) await client.push(batch, forEver);
    writeFileSync(secret, 'new:one');
    for (const client of [basic, bearer]) await client.renewCredentials();
    for (const client of [basic, bearer]) await client.push(batch, forEver);
    expect(loki.pushes.map(({ headers }) => headers.authorization)).toEqual([
      `Basic ${btoa('weir:old one')}`,
      'Bearer old one',
      `Basic ${btoa('weir:new:one')}`,
      'Bearer new:one',
    ]);
    expect(loki.pushes[2]!.headers['x-team']).toBe('net');
  });

  it('keeps the old contents when a file becomes unreadable, and does not start without it', async () => {
    using directory = new TemporaryDirectory();
    const bearerTokenFile = directory.file('token');
    const client = new PushClient({ url: 'http://127.0.0.1:9', bearerTokenFile });
    await expect(client.start()).rejects.toMatchObject({ code: 'WEIR_LOKI_FILE' });
    await using loki = await new FakeLoki().start();
    writeFileSync(bearerTokenFile, 'token');
    using started = await startedClient({ url: loki.url, bearerTokenFile });
    directory[Symbol.dispose]();
    await expect(started.renewCredentials()).rejects.toMatchObject({ code: 'WEIR_LOKI_FILE' });
    expect(await started.push(batch, forEver)).toMatchObject({ status: 204 });
    expect(loki.pushes[0]!.headers.authorization).toBe('Bearer token');
  });

  it('finishes a push when credentials change', async () => {
    using directory = new TemporaryDirectory();
    const bearerTokenFile = directory.file('token');
    writeFileSync(bearerTokenFile, 'old');
    await using loki = await new FakeLoki().start();
    using client = await startedClient({ url: loki.url, bearerTokenFile });
    const { promise, resolve } = Promise.withResolvers<void>();
    loki.answer = async () => {
      writeFileSync(bearerTokenFile, 'new');
      await client.renewCredentials();
      resolve();
      return { status: 204 };
    };
    const pushed = client.push(batch, forEver);
    await promise;
    expect(await pushed).toMatchObject({ status: 204 });
  });

  it('explains a missing response: refused, connection broken, timeout, aborted', async () => {
    await using loki = await new FakeLoki().start();
    using client = await startedClient({ url: loki.url, timeoutMs: 150 });
    loki.answer = () => 'reset';
    expect(await client.push(batch, forEver)).toMatchObject({
      reason: 'unreachable',
      error: expect.stringMatching(/hang up|reset/i),
    });
    loki.answer = () => 'silence';
    expect(await client.push(batch, forEver)).toMatchObject({ reason: 'timeout' });
    const abort = new AbortController();
    loki.answer = () => {
      abort.abort();
      return 'silence';
    };
    expect(await client.push(batch, abort.signal)).toMatchObject({ reason: 'unreachable' });
    await loki.stop();
    expect(await client.push(batch, forEver)).toMatchObject({
      reason: 'unreachable',
      error: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('reads the beginning of a long answer, and returns Retry-After', async () => {
    await using loki = await new FakeLoki().start();
    using client = await startedClient({ url: loki.url });
    loki.answer = () => ({
      status: 503,
      body: `begin ${'x'.repeat(2_000_000)}`,
      headers: { 'retry-after': '7' },
    });
    const answer = (await client.push(batch, forEver)) as { body: string; retryAfter: string };
    expect(answer).toMatchObject({ status: 503, retryAfter: '7', body: expect.stringMatching(/^begin x/) });
    expect(answer.body.length).toBeLessThanOrEqual(1_048_576);
  });
});

requires('openssl')('a client of a Loki with TLS', () => {
  it('trusts only the authority in a file, and presents a certificate', async () => {
    using directory = new TemporaryDirectory();
    const { certificateFile, keyFile } = await makeCertificate(directory);
    const [cert, key] = [readFileSync(certificateFile, 'utf8'), readFileSync(keyFile, 'utf8')];
    await using loki = await new FakeLoki({
      cert,
      key,
      ca: cert,
      requestCert: true,
      rejectUnauthorized: true,
    }).start();
    const push = async (options: Partial<PushOptions>) => {
      using client = await startedClient({ url: loki.url, ...options });
      return await client.push(batch, forEver);
    };
    expect(await push({})).toMatchObject({ error: expect.stringContaining('self-signed certificate') });
    expect(await push({ caFile: certificateFile })).toHaveProperty('error');
    expect(await push({ caFile: certificateFile, certificateFile, keyFile })).toMatchObject({ status: 204 });
    expect(loki.pushes).toHaveLength(1);
  });
});
