import { writeFile } from 'node:fs/promises';
import { expect, it, onTestFinished } from 'vitest';
import { Service } from '../../src/cli/service.ts';
import { wireNames } from '../../src/cli/wired-names.ts';
import { parseAddress } from '../../src/flow/index.ts';
import { FakeApiServer } from '../support/fake-api-server.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

async function kubeconfigOf(server: string): Promise<string> {
  const path = new TemporaryDirectory().file('kubeconfig');
  const config = {
    'current-context': 'test',
    clusters: [{ name: 'test', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'test', user: { token: 'x' } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
  };
  await writeFile(path, JSON.stringify(config));
  return path;
}

it('shows what is known of each kind, and for how long changes may be missing; it stays ready', async () => {
  await using server = await FakeApiServer.start();
  server.put('web-0', { status: { podIP: '10.244.1.5', startTime: new Date().toISOString() } });
  const service = new Service('error');
  const settings = {
    enabled: 'auto',
    kubeconfig: await kubeconfigOf(server.url),
    context: undefined,
    maxObjectOctets: 2 ** 26,
  } as const;
  const { components, readings } = wireNames(settings, service, { nodeName: 'node-a' });
  onTestFinished(async () => {
    for (const component of components) await component.stop(0);
  });
  for (const component of components) await component.start();
  const pods = () => readings!().followed.find(({ kind }) => kind === 'pods')!;
  const objectsOf = (kind: string) => readings!().held.find((held) => held.kind === kind)?.objects;

  await until('all kinds', () => readings!().followed.every(({ isSynced }) => isSynced));
  await until('the Pod', () => objectsOf('pods') === 1);
  expect(pods().staleSeconds).toBe(0);
  expect(readings!().followed.map(({ kind }) => kind)).toEqual(['pods', 'services', 'endpointslices']);
  expect(readings!().held.map(({ kind }) => kind)).toEqual([
    'pods',
    'services',
    'endpointslices',
    'remembered pods',
  ]);

  await server.stop();
  await until('missing changes', () => pods().staleSeconds > 0);
  expect(pods().isSynced).toBe(true);
  expect(objectsOf('pods')).toBe(1);
  expect(service.problems).toEqual([]);
});

it('says which objects find no room, stays ready, and calls no address external', async () => {
  await using server = await FakeApiServer.start();
  for (const name of ['web-0', 'web-1', 'web-2']) server.put(name, { status: { podIP: '10.244.1.5' } });
  const service = new Service('error');
  const kubeconfig = await kubeconfigOf(server.url);
  const settings = { enabled: 'auto', kubeconfig, context: undefined, maxObjectOctets: 2_500 } as const;
  const { components, readings } = wireNames(settings, service, { nodeName: 'node-a' });
  onTestFinished(async () => {
    for (const component of components) await component.stop(0);
  });
  for (const component of components) await component.start();
  const pods = () => readings!().followed.find(({ kind }) => kind === 'pods')!;
  await until('all kinds', () => readings!().followed.every(({ isSynced }) => isSynced));
  expect(pods().leftOut).toBe(1);
  expect(readings!().held[0]).toMatchObject({ kind: 'pods', objects: 2 });
  expect(service.problems).toEqual([]);
  expect(service.remarks).toEqual([
    'kubernetes pods: 1 objects find no room, so flows lack their names: raise maxObjectOctets',
  ]);
});

it('knows at the start of an agent which addresses its Pods have, and when', async () => {
  await using server = await FakeApiServer.start();
  const startTime = new Date(Date.now() - 60_000).toISOString();
  server.put('web-0', { status: { podIP: '10.244.1.5', podIPs: [{ ip: '10.244.1.5' }], startTime } });
  const service = new Service('error');
  const settings = {
    enabled: 'auto',
    kubeconfig: await kubeconfigOf(server.url),
    context: undefined,
    maxObjectOctets: 2 ** 26,
  } as const;
  const { components, hasOwner } = wireNames(settings, service, { nodeName: 'node-a', isForAgent: true });
  onTestFinished(async () => {
    for (const component of components) await component.stop(0);
  });
  for (const component of components) await component.start();
  const words = Uint32Array.of(...parseAddress('10.244.1.5')!, ...parseAddress('10.244.1.6')!);
  const nowMs = service.clock.monotonic();
  expect([hasOwner!(words, 0, nowMs), hasOwner!(words, 4, nowMs)]).toEqual([true, false]);
  expect(hasOwner!(words, 0, nowMs - 120_000)).toBe(false);
});

it('starts an agent without its Pods after a while', async () => {
  const service = new Service('error');
  const settings = {
    enabled: true,
    kubeconfig: await kubeconfigOf('https://127.0.0.1:1'),
    context: undefined,
    maxObjectOctets: 2 ** 26,
  } as const;
  const { components } = wireNames(settings, service, { nodeName: 'node-a', isForAgent: true });
  onTestFinished(async () => {
    for (const component of components) await component.stop(0);
  });
  const began = performance.now();
  for (const component of components) await component.start();
  expect(performance.now() - began).toBeGreaterThan(4_000);
});

it('shows nothing without a cluster', () => {
  const settings = {
    enabled: false,
    kubeconfig: undefined,
    context: undefined,
    maxObjectOctets: 2 ** 26,
  } as const;
  expect(wireNames(settings, new Service('error'), {}).readings).toBeUndefined();
});
