import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  KubeconfigAccess,
  KubernetesClient,
  kubeconfigPaths,
  resourceKinds,
} from '../../../src/kubernetes/index.ts';
import { Ledger } from '../../../src/runtime/index.ts';
import { FakeApiServer, refuse } from '../../support/fake-api-server.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { keptLog } from '../../support/ipfix.ts';
import { loopbackCertificate, loopbackKey } from '../../support/loopback-certificate.ts';
import { TemporaryDirectory } from '../../support/temporary-directory.ts';

interface Written {
  readonly directory: TemporaryDirectory;
  readonly path: string;
}

/** A kubeconfig with one context, "test", and further ones by name. */
function written(
  user: Record<string, unknown>,
  { server = 'https://192.0.2.1:6443', cluster = {}, contexts = [] as string[] } = {},
): Written & Disposable {
  const directory = new TemporaryDirectory();
  mkdirSync(directory.file('pki'));
  writeFileSync(directory.file('pki/ca.crt'), loopbackCertificate);
  const path = directory.file('config');
  const context = (name: string) => ({ name, context: { cluster: 'c', user: 'u', namespace: `ns-${name}` } });
  writeFileSync(
    path,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'test',
      clusters: [{ name: 'c', cluster: { server, 'certificate-authority': 'pki/ca.crt', ...cluster } }],
      contexts: ['test', ...contexts].map(context),
      users: [{ name: 'u', user }],
    }),
  );
  return { directory, path, [Symbol.dispose]: () => directory[Symbol.dispose]() };
}

const read = (path: string, context?: string, clock = new FakeClock()) =>
  KubeconfigAccess.read({ clock, paths: [path], ...(context !== undefined && { context }) });

describe('access by a kubeconfig', () => {
  it('takes server, authority, token and namespace from the current context, with paths beside the file', async () => {
    await using server = await FakeApiServer.start({ cert: loopbackCertificate, key: loopbackKey });
    using file = written({ token: 'my-token', as: 'jane' }, { server: server.url });
    const access = await read(file.path);
    const client = new KubernetesClient({
      access,
      clock: new FakeClock(),
      log: keptLog().log,
      ledger: new Ledger(),
    });
    await client.list({ kind: resourceKinds.pods });
    expect(access.namespace).toBe('ns-test');
    expect(server.requests[0]!.headers).toMatchObject({
      authorization: 'Bearer my-token',
      'impersonate-user': 'jane',
    });
    client.close();
  });

  it('takes the context that is asked for', async () => {
    using file = written({ token: 't' }, { contexts: ['other'] });
    expect((await read(file.path, 'other')).namespace).toBe('ns-other');
  });

  it('keeps the path of the server, as a proxy for many clusters has it', async () => {
    await using server = await FakeApiServer.start({ cert: loopbackCertificate, key: loopbackKey });
    using file = written({ token: 't' }, { server: `${server.url}/k8s/clusters/c-1` });
    const access = await read(file.path);
    const client = new KubernetesClient({
      access,
      clock: new FakeClock(),
      log: keptLog().log,
      ledger: new Ledger(),
    });
    await client.list({ kind: resourceKinds.pods });
    expect(server.requests[0]!.path).toBe('/k8s/clusters/c-1/api/v1/pods');
    client.close();
  });

  it('shows client certificates', async () => {
    await using server = await FakeApiServer.start({
      cert: loopbackCertificate,
      key: loopbackKey,
      ca: loopbackCertificate,
      requestCert: true,
      rejectUnauthorized: true,
    });
    const [cert, key] = [loopbackCertificate, loopbackKey].map((pem) => Buffer.from(pem).toString('base64'));
    using file = written({ 'client-certificate-data': cert, 'client-key-data': key }, { server: server.url });
    const clock = new FakeClock();
    const access = await read(file.path);
    const client = new KubernetesClient({ access, clock, log: keptLog().log, ledger: new Ledger() });
    await client.list({ kind: resourceKinds.pods });
    expect(server.requests).toHaveLength(1);
    client.close();
  });

  it('reads a token file again', async () => {
    using file = written({ tokenFile: 'token' });
    writeFileSync(file.directory.file('token'), 'first\n');
    const access = await read(file.path);
    expect((await access.credentials()).headers.authorization).toBe('Bearer first');
    writeFileSync(file.directory.file('token'), 'second\n');
    access.forget();
    expect((await access.credentials()).headers.authorization).toBe('Bearer second');
  });

  it('shows name and password', async () => {
    using file = written({ username: 'jane', password: 'p' });
    const { headers } = await (await read(file.path)).credentials();
    expect(headers.authorization).toBe(`Basic ${Buffer.from('jane:p').toString('base64')}`);
  });

  it('runs an exec plugin once for requests at one time, and again when the server refuses its token', async () => {
    await using server = await FakeApiServer.start({ cert: loopbackCertificate, key: loopbackKey });
    using file = written(
      { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: './plugin' } },
      { server: server.url },
    );
    const runs = file.directory.file('runs');
    const plugin = file.directory.file('plugin');
    writeFileSync(
      plugin,
      `#!/bin/sh\necho run >> ${runs}\nprintf '{"status":{"token":"token-%d","expirationTimestamp":"2999-01-01T00:00:00Z"}}' $(wc -l < ${runs})\n`,
    );
    chmodSync(plugin, 0o755);
    const clock = new FakeClock();
    const client = new KubernetesClient({
      access: await read(file.path, undefined, clock),
      clock,
      log: keptLog().log,
      ledger: new Ledger(),
    });
    const list = () => client.list({ kind: resourceKinds.pods });
    await Promise.all([list(), list(), list()]);
    const countRuns = () => readFileSync(runs, 'utf8').trim().split('\n').length;
    expect(countRuns()).toBe(1);
    server.fault = ({ headers }) =>
      headers.authorization === 'Bearer token-1' ? refuse(401, 'Unauthorized', 'Unauthorized') : undefined;
    await Promise.all([list(), list(), list()]);
    expect(countRuns()).toBe(2);
    client.close();
  });

  it('says what a plugin said when it failed, and asks it again', async () => {
    using file = written({
      exec: {
        apiVersion: 'client.authentication.k8s.io/v1',
        command: 'sh',
        args: ['-c', 'echo not logged in >&2; exit 1'],
      },
    });
    const access = await read(file.path);
    for (let i = 0; i < 2; i++) {
      await expect(access.credentials()).rejects.toMatchObject({
        code: 'WEIR_KUBERNETES_CREDENTIALS',
        message: expect.stringContaining('not logged in'),
        remedy: expect.stringContaining('kubectl --context test'),
      });
    }
  });

  it('merges several files as kubectl does: the first of each name counts', async () => {
    using first = written({ token: 'first' }, { contexts: ['one'] });
    using second = written({ token: 'second' }, { contexts: ['two'], server: 'https://192.0.2.2' });
    const access = await KubeconfigAccess.read({
      clock: new FakeClock(),
      paths: [first.path, second.path],
      context: 'two',
    });
    expect(access.server.href).toBe('https://192.0.2.1:6443/');
    expect((await access.credentials()).headers.authorization).toBe('Bearer first');
  });

  it('names the contexts that are there when another is asked for', async () => {
    using file = written({ token: 't' });
    await expect(read(file.path, 'prod')).rejects.toMatchObject({
      code: 'WEIR_KUBERNETES_CREDENTIALS',
      message: `expected prod in ${file.path}, found the contexts test`,
    });
  });

  it.each([
    ['a missing file', undefined],
    ['broken YAML', 'users: [{token: my-secret'],
    ['another document', 'my-secret'],
    [
      'a context without a cluster',
      'current-context: a\ncontexts: [{name: a, context: {cluster: my-secret}}]',
    ],
  ])('refuses %s without quoting it', async (_, text) => {
    using directory = new TemporaryDirectory();
    const path = directory.file('config');
    if (text !== undefined) writeFileSync(path, text);
    const error = await read(path).catch((thrown) => thrown);
    expect(error.code).toBe('WEIR_KUBERNETES_CREDENTIALS');
    expect(error.message).not.toContain('my-secret');
  });

  it('refuses plain HTTP, unless the file says that it need not be verified', async () => {
    using file = written({ token: 't' }, { server: 'http://192.0.2.1:8080' });
    await expect((await read(file.path)).credentials()).rejects.toThrow(/HTTP protocol is not allowed/);
    using local = written(
      { token: 't' },
      { server: 'http://127.0.0.1:8001', cluster: { 'insecure-skip-tls-verify': true } },
    );
    expect((await (await read(local.path)).credentials()).tls.rejectUnauthorized).toBe(false);
  });
});

describe('the paths of kubeconfigs', () => {
  it('are those that kubectl reads', () => {
    expect(kubeconfigPaths({ KUBECONFIG: '/a:/b', HOME: '/home/jane' })).toEqual(['/a', '/b']);
    expect(kubeconfigPaths({ HOME: '/home/jane' })).toEqual(['/home/jane/.kube/config']);
  });
});
