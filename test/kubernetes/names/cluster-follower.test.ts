import { writeFile } from 'node:fs/promises';
import { expect, it, onTestFinished } from 'vitest';
import { ClusterFollower, ClusterNames, isFollowed } from '../../../src/kubernetes/index.ts';
import { type Clock, Ledger, Log, systemClock } from '../../../src/runtime/index.ts';
import { FakeApiServer } from '../../support/fake-api-server.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { TemporaryDirectory } from '../../support/temporary-directory.ts';
import { until } from '../../support/until.ts';
import { wordsOf } from './made-objects.ts';

const off = { enabled: 'auto', kubeconfig: undefined, context: undefined, maxObjectOctets: 2 ** 26 } as const;

/** A follower by a kubeconfig of the server. */
async function followerOf(server: string, clock: Clock = systemClock, spreadMs = 0) {
  const kubeconfig = new TemporaryDirectory().file('kubeconfig');
  await writeFile(
    kubeconfig,
    JSON.stringify({
      'current-context': 'test',
      clusters: [{ name: 'test', cluster: { server, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'test', user: { token: 'x' } }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    }),
  );
  const names = new ClusterNames(clock, { nodeName: 'node-a' });
  const lines: string[] = [];
  const log = new Log(systemClock, (line) => lines.push(line), 'info');
  const follower = new ClusterFollower(
    { ...off, kubeconfig },
    { names, clock, ledger: new Ledger(), log, spreadMs },
  );
  onTestFinished(() => follower.stop());
  const nameOf = (address: string) => {
    const owner = names.owners.find(wordsOf(address), 0, 0, Date.now());
    return owner !== undefined && 'object' in owner ? owner.object.name.text : undefined;
  };
  return { follower, names, lines, nameOf };
}

const podAt = (podIP: string) => ({
  status: { podIP, startTime: new Date(Date.now() - 60_000).toISOString() },
});

it('names what the API server tells, and only Pods of its own node are asked for', async () => {
  await using server = await FakeApiServer.start();
  server.put('web-0', podAt('10.244.1.5'));
  const { follower, nameOf, names } = await followerOf(server.url);
  await follower.start();
  await until('the Pod', () => nameOf('10.244.1.5') === 'web-0');
  server.put('web-1', podAt('10.244.1.6'));
  await until('a new Pod', () => nameOf('10.244.1.6') === 'web-1');
  await until('all kinds', () => names.isComplete);
  expect(follower.states.map(({ plural, isSynced }) => [plural, isSynced])).toEqual([
    ['pods', true],
    ['services', true],
    ['endpointslices', true],
  ]);
  const asked = server.requests.filter(({ path }) => path === '/api/v1/pods');
  expect(asked[0]!.query).toHaveProperty('fieldSelector', 'spec.nodeName=node-a');
});

it('starts without the API server, and names flows as soon as it answers', async () => {
  const before = await FakeApiServer.start();
  const { port, url } = before;
  await before.stop();
  const { follower, nameOf } = await followerOf(url);
  await follower.start();
  expect(nameOf('10.244.1.5')).toBeUndefined();
  await using server = await FakeApiServer.start(undefined, port);
  server.put('web-0', podAt('10.244.1.5'));
  await until('the Pod', () => nameOf('10.244.1.5') === 'web-0');
});

it('says up to when it has seen what happened, also while the API server is away', async () => {
  const server = await FakeApiServer.start();
  server.put('web-0', podAt('10.244.1.5'));
  const { follower } = await followerOf(server.url);
  await follower.start();
  expect(follower.seenMs('pods')).toBeUndefined();
  await until('the first list', () => follower.seenMs('pods') !== undefined);
  const stopMs = systemClock.monotonic();
  await server.stop();
  const stale = () => follower.states.find(({ plural }) => plural === 'pods')!.staleSinceMs;
  await until('the loss', () => stale() !== undefined);
  expect(follower.seenMs('pods')).toBe(stale());
  expect(follower.seenMs('pods')).toBeLessThanOrEqual(stopMs);
});

it('goes on without credentials, unless names are wanted in any case', async () => {
  const names = new ClusterNames(systemClock);
  const lines: string[] = [];
  const log = new Log(systemClock, (line) => lines.push(line), 'info');
  const parts = { names, clock: systemClock, ledger: new Ledger(), log };
  const kubeconfig = new TemporaryDirectory().file('none');
  const follower = new ClusterFollower({ ...off, kubeconfig }, parts);
  await follower.start();
  await follower.stop();
  expect(lines).toEqual([expect.stringContaining('flows are not named by Kubernetes')]);
  const strict = new ClusterFollower({ ...off, kubeconfig, enabled: true }, parts);
  await expect(strict.start()).rejects.toMatchObject({ code: 'WEIR_KUBERNETES_CREDENTIALS' });
  await strict.stop();
});

it('is wanted in a Pod and with a kubeconfig, or as the configuration says', () => {
  const pod = { KUBERNETES_SERVICE_HOST: '10.96.0.1' };
  expect(isFollowed(off, {})).toBe(false);
  expect(isFollowed(off, pod)).toBe(true);
  expect(isFollowed({ ...off, kubeconfig: '/k' }, {})).toBe(true);
  expect(isFollowed({ ...off, enabled: false }, pod)).toBe(false);
  expect(isFollowed({ ...off, enabled: true }, {})).toBe(true);
});

it('keeps labels of known Pods from the moment when they are wanted', async () => {
  await using server = await FakeApiServer.start();
  const labeled = { name: 'web-0', namespace: 'shop', uid: 'uid-web-0', labels: { app: 'web', tier: 'x' } };
  server.put('web-0', { ...podAt('10.244.1.5'), metadata: { ...labeled, resourceVersion: '101' } });
  const { follower, names, nameOf } = await followerOf(server.url);
  await follower.start();
  await until('the Pod', () => nameOf('10.244.1.5') === 'web-0');
  const labels = () => names.pods.find('uid-web-0')!.object.labels.text;
  expect(labels()).toBe('');
  names.keepLabels(true, ['tier']);
  follower.listAgain('pods');
  await until('its labels', () => labels() === '{"app":"web"}');
  server.put('web-1', podAt('10.244.1.6'));
  await until('a later Pod', () => nameOf('10.244.1.6') === 'web-1');
  names.keepLabels(false, []);
  follower.listAgain('pods');
  await until('no labels', () => labels() === '');
  expect(follower.states.every(({ lastError }) => lastError === undefined)).toBe(true);
});

it('spreads the first lists of many agents that start at once, and ends while it waits', async () => {
  await using server = await FakeApiServer.start();
  const clock = new FakeClock();
  const agents = await Promise.all(Array.from({ length: 20 }, () => followerOf(server.url, clock, 10_000)));
  for (const { follower } of agents) await follower.start();
  const isSynced = () => agents.flatMap(({ follower }) => follower.states.map((state) => state.isSynced));
  const ofPods = () => agents.map(({ follower }) => follower.states[0]!);
  await until('all lists of Pods', () => ofPods().every(({ isSynced }) => isSynced));
  clock.advance(5_000);
  // The lists of Pods come at once. Of 40 others, fewer than 3 or all but 2 come by chance once in 10^9 runs.
  await until('some lists', () => isSynced().filter(Boolean).length > 22);
  expect(isSynced().filter(Boolean).length).toBeLessThan(58);
  const last = agents.pop()!;
  await last.follower.stop();
  clock.advance(5_000);
  await until('all lists', () => isSynced().every(Boolean));
});
