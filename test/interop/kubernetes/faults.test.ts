import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseAddress } from '../../../src/flow/index.ts';
import { ClusterFollower, ClusterNames } from '../../../src/kubernetes/index.ts';
import { Ledger, systemClock } from '../../../src/runtime/index.ts';
import { FaultyProxy } from '../../support/faulty-proxy.ts';
import { keptLog } from '../../support/ipfix.ts';
import { type Kubernetes, startKubernetes } from '../../support/kubernetes.ts';
import type { ApiObject } from '../../support/kubernetes-api.ts';
import { requires } from '../../support/requires.ts';
import type { ShiftedClock } from '../../support/shifted-clock.ts';
import { TemporaryDirectory } from '../../support/temporary-directory.ts';
import { until } from '../../support/until.ts';

/*
 * The names of a cluster while its API server, a real one, is away or answers wrongly. After each fault the
 * names are those of what exists.
 */

const NODE = 'node-1';
const patient = { timeoutMs: 120_000 };

/** Names of the whole cluster, or of a node, by what stands before the API server. */
async function follow(
  proxy: FaultyProxy,
  token: string,
  options: { nodeName?: string; clock?: ShiftedClock } = {},
) {
  const { nodeName, clock = systemClock } = options;
  const directory = new TemporaryDirectory();
  const kubeconfig = directory.file('config');
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      'current-context': 'test',
      contexts: [{ name: 'test', context: { cluster: 'c', user: 'u' } }],
      clusters: [{ name: 'c', cluster: { server: proxy.url, 'certificate-authority': proxy.caFile } }],
      users: [{ name: 'u', user: { token } }],
    }),
  );
  const { log, lines } = keptLog();
  const ledger = new Ledger();
  const names = new ClusterNames(clock, { nodeName });
  const settings = { enabled: true, kubeconfig, context: undefined, maxObjectOctets: 2 ** 26 } as const;
  const follower = new ClusterFollower(settings, { names, clock, ledger, log });
  await follower.start();
  const ownerOf = (address: string, timeMs = Date.now()) => {
    const owner = names.owners.find(parseAddress(address)!, 0, 0, timeMs);
    return owner !== undefined && 'object' in owner ? owner.object.name.text : owner?.name.text;
  };
  return {
    names,
    lines,
    ownerOf,
    states: () => follower.states,
    counted: (event: string) => ledger.toJSON().reduce((sum, { events }) => sum + (events[event] ?? 0), 0),
    has: (address: string, name: string | undefined) =>
      until(`${address} to be of ${name}`, () => ownerOf(address) === name, patient),
    async [Symbol.asyncDispose]() {
      await follower.stop();
      directory[Symbol.dispose]();
    },
  };
}

requires('kubernetes', 'openssl')('the names of a cluster', () => {
  let kubernetes: Kubernetes;
  let proxy: FaultyProxy;
  let token: string;

  beforeAll(async () => {
    kubernetes = await startKubernetes({ users: { reader: ['readers'] } });
    const { admin } = kubernetes;
    await admin.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
    await admin.create({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'default', namespace: 'shop' },
    });
    proxy = await FaultyProxy.start(kubernetes);
    token = kubernetes.tokenOf('admin');
  });

  afterAll(async () => {
    await proxy?.[Symbol.asyncDispose]();
    await kubernetes?.stop();
  });

  /** A Pod that has run for a minute at the address. */
  async function runPod(name: string, address: string, startMs = Date.now() - 60_000): Promise<ApiObject> {
    const { admin } = kubernetes;
    const pod = await admin.create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'shop' },
      spec: { nodeName: NODE, containers: [{ name: 'main', image: 'none' }] },
    });
    const time = `${new Date(startMs).toISOString().slice(0, 19)}Z`;
    const condition = (type: string) => ({ type, status: 'True', lastTransitionTime: time });
    return admin.patchStatus(pod, {
      phase: 'Running',
      startTime: time,
      podIP: address,
      podIPs: [{ ip: address }],
      conditions: ['PodReadyToStartContainers', 'Ready'].map(condition),
    });
  }

  it('come as soon as an API server that was away at the start answers', async () => {
    await runPod('early', '10.1.0.1');
    await proxy.leave();
    await using following = await follow(proxy, token);
    expect(following.names.isComplete).toBe(false);
    expect(following.ownerOf('10.1.0.1')).toBeUndefined();
    await until('words about it', () => following.lines.some((line) => line.includes('ECONNREFUSED')));
    await proxy.comeBack();
    await following.has('10.1.0.1', 'early');
    await until('all kinds', () => following.names.isComplete, patient);
  });

  it('are what changed while the API server was away, and stay meanwhile', async () => {
    const gone = await runPod('gone', '10.1.0.2');
    await using following = await follow(proxy, token);
    await following.has('10.1.0.2', 'gone');
    await until('all kinds', () => following.names.isComplete, patient);
    await proxy.leave();
    await kubernetes.admin.delete(gone);
    await runPod('came', '10.1.0.3');
    await until('missing changes', () =>
      following.states().every(({ staleSinceMs }) => staleSinceMs !== undefined),
    );
    expect(following.ownerOf('10.1.0.2')).toBe('gone');
    await proxy.comeBack();
    await following.has('10.1.0.3', 'came');
    await until('the end of the other', () => following.names.pods.remembered > 0, patient);
    expect(following.names.isComplete).toBe(true);
  });

  it.each([
    { title: '429 with a time to wait', status: 429, reason: 'TooManyRequests', retryAfter: 1, times: 2 },
    { title: '500', status: 500, times: 2 },
    { title: '503', status: 503, reason: 'ServiceUnavailable', times: 2 },
    { title: '410', status: 410, reason: 'Expired', times: 2 },
    { title: 'the first half of its answer', cutAfter: 900, times: 2 },
  ])('are right after an API server that answers $title', async ({ title: _, times, ...fault }) => {
    const name = `after-${fault.status ?? 'half'}`;
    const address = `10.1.1.${(fault.status ?? 0) % 250}`;
    await runPod(name, address);
    await runPod(`${name}-other`, `10.1.2.${(fault.status ?? 0) % 250}`);
    let left = times;
    proxy.faultOf = ({ url }) => (url!.startsWith('/api/v1/pods') && left-- > 0 ? fault : undefined);
    await using following = await follow(proxy, token);
    await following.has(address, name);
    expect(left).toBeLessThanOrEqual(0);
    // The same in the middle of a watch that has begun.
    left = 1;
    proxy.breakAll();
    await runPod(`${name}-later`, `10.1.3.${(fault.status ?? 0) % 250}`);
    await following.has(`10.1.3.${(fault.status ?? 0) % 250}`, `${name}-later`);
    expect(following.ownerOf(address)).toBe(name);
    proxy.faultOf = () => undefined;
  });

  it('need rights; each one that is missing is said once with its verb and resource', async () => {
    await using following = await follow(proxy, kubernetes.tokenOf('reader'));
    await until('refusals of every kind', () => following.counted('restart: forbidden') >= 14, patient);
    for (const resource of ['pods', 'services', 'nodes', 'replicasets.apps', 'jobs.batch']) {
      const said = following.lines.filter((line) => line.includes(`watch ${resource} `));
      expect(said).toHaveLength(1);
    }
  });

  it('follow a Pod that is made again under its name at another address', async () => {
    const first = await runPod('web-0', '10.1.4.1');
    await using following = await follow(proxy, token);
    await following.has('10.1.4.1', 'web-0');
    await kubernetes.admin.delete(first);
    const againMs = Date.now() + 1_000;
    await runPod('web-0', '10.1.4.2', againMs);
    await following.has('10.1.4.2', 'web-0');
    const { names } = following;
    const uidAt = (address: string, timeMs: number) => {
      const owner = names.owners.find(parseAddress(address)!, 0, 0, timeMs);
      return owner !== undefined && 'object' in owner ? owner.object.uid : undefined;
    };
    expect(uidAt('10.1.4.1', againMs - 10_000)).toBe(first.metadata.uid);
    expect(uidAt('10.1.4.1', againMs + 60_000)).toBeUndefined();
    expect(uidAt('10.1.4.2', againMs + 60_000)).not.toBe(first.metadata.uid);
  });

  it('are those of the Pod that is ready, of two with one address during a hand-over', async () => {
    const leaving = await runPod('leaving', '10.1.5.1');
    await using following = await follow(proxy, token);
    await following.has('10.1.5.1', 'leaving');
    await runPod('taking', '10.1.5.1', Date.now());
    await following.has('10.1.5.1', 'taking');
    expect(following.names.owners.candidates).toBe(2);
    expect(following.ownerOf('10.1.5.1', Date.now() - 30_000)).toBe('leaving');
    await kubernetes.admin.delete(leaving);
    await until('the end of the first', () => following.names.pods.remembered > 0, patient);
    expect(following.ownerOf('10.1.5.1')).toBe('taking');
  });

  it('are the same for a node whose clock is four seconds behind', async () => {
    const begunMs = Date.now() - 10_000;
    await runPod('skewed', '10.1.6.1', begunMs);
    await using following = await follow(proxy, token);
    await following.has('10.1.6.1', 'skewed');
    expect(following.ownerOf('10.1.6.1', begunMs - 4_000)).toBe('skewed');
    expect(following.ownerOf('10.1.6.1', begunMs - 20_000)).toBeUndefined();
  });

  it('are right after 2,000 Pods were replaced at once, and only the old ones are remembered besides', async () => {
    const { admin } = kubernetes;
    const addressOf = (i: number) => `10.2.${i >> 8}.${i & 255}`;
    const all = Array.from({ length: 2_000 }, (_, i) => i);
    const inGroups = async (work: (i: number) => Promise<unknown>) => {
      for (let from = 0; from < all.length; from += 50)
        await Promise.all(all.slice(from, from + 50).map(work));
    };
    await inGroups((i) => runPod(`old-${i}`, addressOf(i)));
    await using following = await follow(proxy, token);
    await following.has(addressOf(1_999), 'old-1999');
    const { names } = following;
    const begunMs = Date.now();
    await Promise.all([
      admin.ask(
        'DELETE',
        '/api/v1/namespaces/shop/pods?gracePeriodSeconds=0&fieldSelector=status.phase%3DRunning',
      ),
    ]);
    await inGroups((i) => runPod(`new-${i}`, addressOf(i), Date.now()));
    await until('all new names', () => all.every((i) => following.ownerOf(addressOf(i)) === `new-${i}`), {
      ...patient,
      everyMs: 200,
    });
    expect(all.filter((i) => following.ownerOf(addressOf(i), begunMs - 20_000) !== `old-${i}`)).toEqual([]);
    expect(names.held.find(({ kind }) => kind === 'pods')!.objects).toBe(2_000);
    expect(names.owners.size).toBeLessThan(4_100);
  });
});
