import { describe, expect, it } from 'vitest';
import type { KubernetesObject, ResourceAddress } from '../../../src/kubernetes/client/index.ts';
import { ClusterIdentityStore, dataKeys } from '../../../src/kubernetes/identity/index.ts';
import { WeirError } from '../../../src/runtime/index.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const refusal = (code: 'CONFLICT' | 'NOT_FOUND' | 'FORBIDDEN') =>
  new WeirError(`WEIR_KUBERNETES_${code}` as never, 'the API server refuses');

function setUp(found: KubernetesObject | undefined, answer: WeirError | undefined = undefined) {
  const sent: { verb: string; address: ResourceAddress; object: KubernetesObject }[] = [];
  const send = (verb: string) => async (address: ResourceAddress, object: unknown) => {
    sent.push({ verb, address, object: object as KubernetesObject });
    if (answer !== undefined) throw answer;
    return object as KubernetesObject;
  };
  const get = async () => {
    if (found === undefined) throw refusal('NOT_FOUND');
    return found;
  };
  const watched: string[] = [];
  const store = new ClusterIdentityStore(
    'weir',
    { get, create: send('create'), update: send('update') },
    ({ name }) => {
      watched.push(`${name}`);
      return () => watched.push(`no ${name}`);
    },
  );
  return { sent, store, watched };
}

describe('the objects of a cluster', () => {
  it('are created with the label of Weir, Secrets in Base64', async () => {
    const { sent, store } = setUp(undefined);
    expect(await store.read('client')).toBeUndefined();
    expect(await store.write('client', { [dataKeys.certificate]: 'c', [dataKeys.key]: 'k' }, undefined)).toBe(
      true,
    );
    expect(await store.write('bundle', { [dataKeys.authorities]: 'a' }, undefined)).toBe(true);
    const labels = { 'weir.dev/managed': 'true' };
    expect(sent.map(({ verb, object }) => ({ verb, ...object }))).toEqual([
      {
        verb: 'create',
        apiVersion: 'v1',
        kind: 'Secret',
        type: 'kubernetes.io/tls',
        metadata: { name: 'flow-aggregator-client-tls', namespace: 'weir', labels },
        data: { 'tls.crt': base64('c'), 'tls.key': base64('k') },
      },
      {
        verb: 'create',
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'flow-aggregator-ca', namespace: 'weir', labels },
        data: { 'ca.crt': 'a' },
      },
    ]);
  });

  it('are updated under the version that was read, and keep what others added', async () => {
    const metadata = {
      name: 'flow-aggregator-ca-tls',
      resourceVersion: '17',
      labels: { team: 'net', 'weir.dev/managed': 'true' },
      annotations: { note: 'x' },
    };
    const data = { 'tls.crt': base64('c'), 'tls.key': base64('k'), 'next.crt': base64('n') };
    const { sent, store } = setUp({ metadata, type: 'Opaque', data });
    const earlier = await store.read('authority');
    expect(earlier).toMatchObject({ isOwn: true, data: { 'tls.crt': 'c', 'tls.key': 'k', 'next.crt': 'n' } });
    await store.write('authority', { 'tls.crt': 'd', 'tls.key': 'l' }, earlier);
    expect(sent[0]).toMatchObject({
      verb: 'update',
      object: { type: 'Opaque', data: { 'tls.crt': base64('d'), 'tls.key': base64('l') } },
    });
    expect(sent[0]!.object.metadata).toEqual({ ...metadata, namespace: 'weir' });
    expect(sent[0]!.object.data).not.toHaveProperty(['next.crt']);
  });

  it('have the time of the last write by the clock of the API server', async () => {
    const written = async (managedFields: unknown) => {
      const { store } = setUp({ metadata: { name: 'x', managedFields } as never });
      return (await store.read('authority'))!.writtenMs;
    };
    const times = [{ time: '2026-01-02T00:00:00Z' }, { time: '2026-01-03T00:00:00Z' }, {}, null, { time: 7 }];
    expect(await written(times)).toBe(Date.UTC(2026, 0, 3));
    for (const none of [undefined, [], [{}], 'x', {}]) expect(await written(none)).toBeUndefined();
  });

  it('belong to others without the label, unless they are empty, as the manifests bring them', async () => {
    const ownership = async (data: unknown, labels: Record<string, string> = {}) => {
      const { store } = setUp({ metadata: { name: 'x', labels }, data } as KubernetesObject);
      return store.read('authority');
    };
    expect(await ownership({ 'tls.crt': base64('c') })).toMatchObject({ isOwn: false });
    const managedBy = (name: string) =>
      ownership({ 'tls.crt': base64('c') }, { 'app.kubernetes.io/managed-by': name });
    expect(await managedBy('Helm')).toMatchObject({ isOwn: false });
    for (const none of [undefined, {}, { 'tls.crt': 7 }, { 'tls.crt': '', 'tls.key': '' }])
      expect(await ownership(none)).toMatchObject({ isOwn: true, data: {} });
  });

  it('are those of Weir with the label of an earlier version, too, and get that of today', async () => {
    const labels = { 'app.kubernetes.io/managed-by': 'weir' };
    const { sent, store } = setUp({ metadata: { name: 'x', labels }, data: { 'tls.crt': base64('c') } });
    const earlier = await store.read('authority');
    expect(earlier).toMatchObject({ isOwn: true });
    await store.write('authority', { 'tls.crt': 'd' }, earlier);
    expect(sent[0]!.object.metadata.labels).toEqual({ ...labels, 'weir.dev/managed': 'true' });
  });

  it('that are missing and may not be created come with the manifests', async () => {
    const { store } = setUp(undefined, refusal('FORBIDDEN'));
    await expect(store.write('authority', {}, undefined)).rejects.toThrow(
      'there is no Secret flow-aggregator-ca-tls in namespace weir, and this process may not create it',
    );
  });

  it.each<[string, 'CONFLICT' | 'NOT_FOUND', boolean]>([
    ['changed', 'CONFLICT', true],
    ['deleted', 'NOT_FOUND', true],
    ['made', 'CONFLICT', false],
  ])('are not written when somebody has %s them meanwhile', async (_, code, isThere) => {
    const { store } = setUp(isThere ? { metadata: { name: 'x' } } : undefined, refusal(code));
    expect(await store.write('bundle', {}, await store.read('bundle'))).toBe(false);
  });

  it('fail when the API server refuses otherwise', async () => {
    const { store } = setUp({ metadata: { name: 'x' } }, refusal('FORBIDDEN'));
    const earlier = await store.read('bundle');
    await expect(store.write('bundle', {}, earlier)).rejects.toThrow('the API server refuses');
  });

  it('are watched one by one', () => {
    const { store, watched } = setUp(undefined);
    const end = store.watch(['bundle', 'client'], () => {});
    end();
    expect(watched).toEqual([
      'flow-aggregator-ca',
      'flow-aggregator-client-tls',
      'no flow-aggregator-ca',
      'no flow-aggregator-client-tls',
    ]);
  });
});
