import { rmSync, writeFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { InClusterAccess, KubernetesClient, resourceKinds } from '../../../src/kubernetes/index.ts';
import { Ledger } from '../../../src/runtime/index.ts';
import { FakeApiServer, refuse } from '../../support/fake-api-server.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { keptLog } from '../../support/ipfix.ts';
import { loopbackCertificate, loopbackKey } from '../../support/loopback-certificate.ts';
import { TemporaryDirectory } from '../../support/temporary-directory.ts';

const pods = { kind: resourceKinds.pods };
const empty = { metadata: { resourceVersion: '1' }, items: [] };

function mountedFiles(): TemporaryDirectory {
  const directory = new TemporaryDirectory();
  writeFileSync(directory.file('token'), 'first-token\n');
  writeFileSync(directory.file('ca.crt'), loopbackCertificate);
  writeFileSync(directory.file('namespace'), 'weir');
  return directory;
}

async function accessOf(directory: TemporaryDirectory, port: number, clock = new FakeClock()) {
  const environment = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: `${port}` };
  return InClusterAccess.read({ clock, environment, folder: directory.path });
}

describe('access in a Pod', () => {
  it('verifies the API server by the mounted authority, and shows the mounted token', async () => {
    await using server = await FakeApiServer.start({ cert: loopbackCertificate, key: loopbackKey });
    using directory = mountedFiles();
    const clock = new FakeClock();
    const access = await accessOf(directory, server.port, clock);
    const client = new KubernetesClient({ access, clock, log: keptLog().log, ledger: new Ledger() });
    await client.list(pods);
    expect(access.namespace).toBe('weir');
    expect(server.requests[0]!.headers.authorization).toBe('Bearer first-token');
    client.close();
  });

  it('reads the token again each minute', async () => {
    using directory = mountedFiles();
    const clock = new FakeClock();
    const access = await accessOf(directory, 443, clock);
    writeFileSync(directory.file('token'), 'second-token');
    expect((await access.credentials()).headers.authorization).toBe('Bearer first-token');
    clock.advance(60_000);
    expect((await access.credentials()).headers.authorization).toBe('Bearer second-token');
    clock.advance(60_000);
    writeFileSync(directory.file('token'), '');
    expect((await access.credentials()).headers.authorization).toBe('Bearer second-token');
    rmSync(directory.file('token'));
    expect((await access.credentials()).headers.authorization).toBe('Bearer second-token');
  });

  it('reads the token once more when the server refuses it, and restarts no watch that works', async () => {
    await using server = await FakeApiServer.start({ cert: loopbackCertificate, key: loopbackKey });
    using directory = mountedFiles();
    const clock = new FakeClock();
    const access = await accessOf(directory, server.port, clock);
    const { log, lines } = keptLog();
    const ledger = new Ledger();
    const client = new KubernetesClient({ access, clock, log, ledger });
    const query = { watch: 'true', resourceVersion: '100' };
    const { signal } = new AbortController();
    const watch = await client.open('watch', pods, { query, answerMs: 10_000, signal });
    server.fault = ({ headers }) =>
      headers.authorization === 'Bearer second-token'
        ? undefined
        : refuse(401, 'Unauthorized', 'Unauthorized');
    writeFileSync(directory.file('token'), 'second-token');
    expect(await client.list(pods)).toEqual(empty.items);
    expect(server.requests.slice(1).map(({ headers }) => headers.authorization)).toEqual([
      'Bearer first-token',
      'Bearer second-token',
    ]);
    expect(ledger.accounts[0]!.toJSON().events).toEqual({ 'credentials read again': 1 });
    expect(server.openWatches).toHaveLength(1);
    expect(watch.destroyed).toBe(false);

    writeFileSync(directory.file('token'), 'third-token');
    clock.advance(60_000);
    await expect(client.list(pods)).rejects.toMatchObject({ code: 'WEIR_KUBERNETES_UNAUTHENTICATED' });
    expect(server.requests).toHaveLength(5);
    expect(lines.join('\n')).not.toContain('-token');
    watch.destroy();
    client.close();
  });

  it('trusts a renewed authority at the next connection, while open watches go on', async () => {
    await using server = await FakeApiServer.start({ cert: loopbackCertificate, key: loopbackKey });
    using directory = mountedFiles();
    const clock = new FakeClock();
    const access = await accessOf(directory, server.port, clock);
    const client = new KubernetesClient({ access, clock, log: keptLog().log, ledger: new Ledger() });
    const { signal } = new AbortController();
    const query = { watch: 'true', resourceVersion: '100' };
    const watch = await client.open('watch', pods, { query, answerMs: 10_000, signal });
    writeFileSync(directory.file('ca.crt'), rootCertificates[0]!);
    clock.advance(60_000);
    await expect(client.get({ ...pods, name: 'a' }, { timeLimitMs: 100 })).rejects.toMatchObject({
      code: 'WEIR_KUBERNETES_UNREACHABLE',
      remedy: expect.stringContaining('authority that signed the certificate'),
    });
    writeFileSync(directory.file('ca.crt'), loopbackCertificate);
    clock.advance(60_000);
    await client.list(pods);
    expect(watch.destroyed).toBe(false);
    watch.destroy();
    client.close();
  });

  it.each([
    ['outside a Pod', {}, 'runs in no Pod'],
    ['without a port', { KUBERNETES_SERVICE_HOST: '10.96.0.1' }, 'runs in no Pod'],
    [
      'without mounted files',
      { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' },
      'the files of the ServiceAccount cannot be read: ENOENT',
    ],
  ])('says %s what is missing, and never tries another server', async (_, environment, words) => {
    using directory = new TemporaryDirectory();
    const reading = InClusterAccess.read({ clock: new FakeClock(), environment, folder: directory.path });
    await expect(reading).rejects.toMatchObject({
      code: 'WEIR_KUBERNETES_CREDENTIALS',
      message: expect.stringContaining(words),
    });
  });

  it('writes an IPv6 address of the server in brackets', async () => {
    using directory = mountedFiles();
    const environment = { KUBERNETES_SERVICE_HOST: 'fd00:10:96::1', KUBERNETES_SERVICE_PORT: '443' };
    const access = await InClusterAccess.read({
      clock: new FakeClock(),
      environment,
      folder: directory.path,
    });
    expect(access.server.origin).toBe('https://[fd00:10:96::1]');
  });
});
