import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  InClusterAccess,
  KubeconfigAccess,
  KubernetesClient,
  Reflector,
  type ResourceKind,
  resourceKinds,
} from '../../../src/kubernetes/index.ts';
import { type Clock, Ledger, systemClock } from '../../../src/runtime/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { keptLog } from '../../support/ipfix.ts';
import { type Kubernetes, startKubernetes } from '../../support/kubernetes.ts';
import { KeptPods, keepPod } from '../../support/reflector-bed.ts';
import { requires } from '../../support/requires.ts';
import { TemporaryDirectory } from '../../support/temporary-directory.ts';
import { TroubledRelay } from '../../support/troubled-relay.ts';
import { until } from '../../support/until.ts';

const { configMaps, endpointSlices, pods } = resourceKinds;
const namespaced = (kind: string, name: string, more: object = {}) => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, namespace: 'shop' },
  ...more,
});
const pod = (name: string) =>
  namespaced('Pod', name, { spec: { nodeName: 'n1', containers: [{ name: 'app', image: 'none' }] } });
const configMap = (name: string) => namespaced('ConfigMap', name);

/** A reflector of the namespace shop at the API server, by a kubeconfig that names an address before it. */
async function follow(
  kubernetes: Kubernetes,
  kind: ResourceKind,
  {
    user = 'admin',
    url = kubernetes.url,
    clock = systemClock,
  }: { user?: string; url?: string; clock?: Clock } = {},
) {
  const { log, lines } = keptLog();
  const ledger = new Ledger();
  const directory = new TemporaryDirectory();
  const path = directory.file('config');
  const cluster = { server: url, 'certificate-authority': kubernetes.caFile };
  const context = { cluster: 'c', user: 'u' };
  writeFileSync(
    path,
    JSON.stringify({
      'current-context': 'test',
      contexts: [{ name: 'test', context }],
      clusters: [{ name: 'c', cluster }],
      users: [{ name: 'u', user: { token: kubernetes.tokenOf(user) } }],
    }),
  );
  const access = await KubeconfigAccess.read({ clock, paths: [path] });
  const client = new KubernetesClient({ access, clock, log, ledger });
  const kept = new KeptPods();
  const parts = { client, handler: kept, clock, log, ledger };
  const reflector = new Reflector({ kind, namespace: 'shop', slim: keepPod }, parts);
  await reflector.start();
  return {
    client,
    reflector,
    kept,
    lines,
    count: (event: string) => ledger.toJSON().find(({ name }) => name === reflector.name)!.events[event] ?? 0,
    knows: (...names: string[]) =>
      until(`${names.length} names`, () => kept.names.join() === names.toSorted().join()),
    async [Symbol.asyncDispose]() {
      await reflector.stop();
      client.close();
      directory[Symbol.dispose]();
    },
  };
}

function relayTo(kubernetes: Kubernetes): Promise<TroubledRelay> {
  const { hostname: host, port } = new URL(kubernetes.url);
  return TroubledRelay.start(() => ({ host, port: Number(port) }), true);
}

requires('kubernetes', 'openssl')('a reflector at a real API server', () => {
  let kubernetes: Kubernetes;
  beforeAll(async () => {
    kubernetes = await startKubernetes({ users: { reader: ['readers'] } });
    await kubernetes.admin.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
  });
  afterAll(() => kubernetes?.[Symbol.asyncDispose]());

  it('gets all Pods and each change from one watch', async () => {
    const { admin } = kubernetes;
    await admin.create(namespaced('ServiceAccount', 'default'));
    for (const name of ['a', 'b']) await admin.create(pod(name));
    await using following = await follow(kubernetes, pods);
    await following.knows('a', 'b');
    expect(following.kept.calls).toEqual(['replace 2']);
    await admin.create(pod('c'));
    await admin.patchStatus(pod('a'), { podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }] });
    await admin.delete(pod('b'));
    await following.knows('a', 'c');
    await until('the address', () =>
      [...following.kept.pods.values()].some(({ address }) => address === '10.0.0.1'),
    );
    expect(following.count('list')).toBe(0);
    expect(following.count('watch')).toBe(1);
    expect((await following.client.version()).gitVersion).toMatch(/^v1\./);
  });

  it('misses nothing behind a relay that breaks all connections, and lists nothing again', async () => {
    const { admin } = kubernetes;
    await using relay = await relayTo(kubernetes);
    const url = `https://127.0.0.1:${relay.address.port}`;
    await using following = await follow(kubernetes, configMaps, { url });
    await until('all that exists', () => following.reflector.state.isSynced);
    const names = () => following.kept.names.filter((name) => name.startsWith('r'));
    for (let round = 0; round < 5; round++) {
      relay.fail();
      await admin.create(configMap(`r${round}`));
      if (round > 0) await admin.delete(configMap(`r${round - 1}`));
      relay.mend();
      await until(`r${round}`, () => names().join() === `r${round}`);
    }
    expect(following.kept.calls.filter((call) => call.startsWith('replace'))).toHaveLength(1);
    expect(following.count('restart: connection lost')).toBeGreaterThanOrEqual(5);
  });

  it('opens a new watch through a relay that has held everything for 3 minutes', async () => {
    const { admin } = kubernetes;
    await using relay = await relayTo(kubernetes);
    const clock = new FakeClock();
    const url = `https://127.0.0.1:${relay.address.port}`;
    await using following = await follow(kubernetes, configMaps, { url, clock });
    await until('all that exists', () => following.reflector.state.isSynced);
    relay.hold();
    await admin.create(configMap('held'));
    clock.advance(180_000);
    await until('a new watch', () => following.count('watch') === 2);
    expect(following.kept.names).not.toContain('held');
    relay.release();
    await until('the change', () => following.kept.names.includes('held'));
    expect(following.kept.calls.filter((call) => call.startsWith('replace'))).toHaveLength(1);
    expect(following.count('list')).toBe(0);
  });

  it('says once that a right is missing, and follows as soon as it is given', async () => {
    const { admin } = kubernetes;
    await using following = await follow(kubernetes, endpointSlices, { user: 'reader' });
    await until('refusals', () => following.count('restart: forbidden') >= 2);
    const said = following.lines.filter((line) => line.includes('endpointslices'));
    expect(said).toHaveLength(1);
    expect(said[0]).toContain('watch endpointslices.discovery.k8s.io in namespace shop (403 Forbidden');
    expect(said[0]).toContain('User "reader" cannot watch resource "endpointslices"');
    const rbac = 'rbac.authorization.k8s.io';
    const rules = [
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
    ];
    const metadata = { name: 'readers', namespace: 'shop' };
    await admin.create({ apiVersion: `${rbac}/v1`, kind: 'Role', metadata, rules });
    await admin.create({
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: rbac, kind: 'Role', name: 'readers' },
      subjects: [{ apiGroup: rbac, kind: 'Group', name: 'readers' }],
    });
    await until('a state', () => following.reflector.state.isSynced);
    expect(following.reflector.state.staleSinceMs).toBeUndefined();
  });

  it('reads the token of a ServiceAccount again when the API server refuses it', async () => {
    const { admin } = kubernetes;
    using directory = new TemporaryDirectory();
    await admin.create(namespaced('ServiceAccount', 'agent'));
    writeFileSync(directory.file('ca.crt'), kubernetes.ca);
    writeFileSync(directory.file('namespace'), 'shop');
    writeFileSync(directory.file('token'), 'eyJhbGciOiJFUzI1NiJ9.e30.expired');
    const { hostname, port } = new URL(kubernetes.url);
    const environment = { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port };
    const access = await InClusterAccess.read({ clock: systemClock, environment, folder: directory.path });
    const { log, lines } = keptLog();
    const client = new KubernetesClient({ access, clock: systemClock, log, ledger: new Ledger() });
    const address = { kind: pods, namespace: 'shop' };
    await expect(client.list(address)).rejects.toMatchObject({ code: 'WEIR_KUBERNETES_UNAUTHENTICATED' });
    const token = await admin.serviceAccountToken('shop', 'agent');
    writeFileSync(directory.file('token'), token);
    // It has no right, but a name.
    await expect(client.list(address)).rejects.toThrow(/system:serviceaccount:shop:agent/);
    expect(lines.join('\n')).not.toContain(token.slice(0, 40));
    client.close();
  });
});

requires('kubernetes', 'openssl')('a reflector at a real API server without initial events', () => {
  let kubernetes: Kubernetes;
  beforeAll(async () => {
    kubernetes = await startKubernetes({ options: ['--feature-gates=WatchList=false'] });
    await kubernetes.admin.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
  });
  afterAll(() => kubernetes?.[Symbol.asyncDispose]());

  it('lists in pages, and finds what happened while it was away from a server that has forgotten it', async () => {
    const { admin } = kubernetes;
    const names = Array.from({ length: 620 }, (_, i) => `c${i}`);
    for (const name of names) await admin.create(configMap(name));
    await using relay = await relayTo(kubernetes);
    const url = `https://127.0.0.1:${relay.address.port}`;
    await using following = await follow(kubernetes, configMaps, { url });
    await following.knows(...names);
    expect(following.kept.calls).toEqual(['replace 620']);
    expect(following.count('initial events refused')).toBe(1);

    await until('the watch', () => following.count('watch') === 2);
    relay.fail();
    await admin.delete(configMap('c0'));
    await admin.create(configMap('new'));
    // A server that starts has only the versions from then on.
    await kubernetes.stopApiServer();
    await kubernetes.startApiServer();
    relay.mend();
    await following.knows('new', ...names.slice(1));
    expect(following.kept.calls).toEqual(['replace 620', 'replace 620']);
    expect(following.count('restart: expired')).toBe(1);
    expect(following.count('list')).toBe(2);
  });
});
