import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  AgentIdentity,
  AggregatorIdentity,
  ClusterIdentityStore,
  InClusterAccess,
  KubernetesClient,
  resourceKinds,
  ServiceAddresses,
  serviceNames,
  watchObjects,
} from '../../src/kubernetes/index.ts';
import { type Clock, Ledger, systemClock } from '../../src/runtime/index.ts';
import { keptLog } from '../support/ipfix.ts';
import { type Kubernetes, startKubernetes } from '../support/kubernetes.ts';
import {
  type Account,
  accounts,
  applyRights,
  podEnvironment,
  readManifest,
  writeAccount,
} from '../support/pod.ts';
import { requires } from '../support/requires.ts';
import { ShiftedClock } from '../support/shifted-clock.ts';
import { until } from '../support/until.ts';

const NAMESPACE = accounts.aggregator.namespace;
requires('kubernetes', 'openssl')('certificates in a real cluster', () => {
  let kubernetes: Kubernetes;

  beforeAll(async () => {
    kubernetes = await startKubernetes();
    await applyRights(kubernetes);
  });

  afterAll(() => kubernetes?.stop());

  /** A process in a Pod, with the ServiceAccount and the rights of the manifests. */
  async function startProcess(account: Account, clock: Clock = systemClock) {
    const folder = await writeAccount(kubernetes, account);
    const environment = podEnvironment(kubernetes);
    const { log, lines } = keptLog();
    const ledger = new Ledger();
    const access = await InClusterAccess.read({ clock: systemClock, environment, folder });
    const client = new KubernetesClient({ access, clock: systemClock, ledger, log });
    const watch = watchObjects({ client, clock: systemClock, ledger, log });
    const store = new ClusterIdentityStore(NAMESPACE, client, watch);
    return { client, clock, lines, log, store };
  }

  async function startAggregator(clock: Clock = systemClock) {
    const process = await startProcess(accounts.aggregator, clock);
    const names = serviceNames(NAMESPACE, 'flow-aggregator');
    return { ...process, identity: new AggregatorIdentity({ ...process, names }) };
  }

  async function startAgent() {
    const process = await startProcess(accounts.agent);
    return { ...process, identity: new AgentIdentity(process) };
  }

  const pathOf = (plural: string, name: string) => `/api/v1/namespaces/${NAMESPACE}/${plural}/${name}`;
  const authority = () => kubernetes.admin.get(pathOf('secrets', 'flow-aggregator-ca-tls'));
  /** As the documentation says. */
  const emptyObject = (plural: string, name: string) =>
    kubernetes.admin.ask('PATCH', pathOf(plural, name), { data: null }, 'application/merge-patch+json');
  const bundle = async () => {
    const { data } = await kubernetes.admin.get(pathOf('configmaps', 'flow-aggregator-ca'));
    return (data as Record<string, string>)['ca.crt']!;
  };

  it('are one set, though two aggregators make them at the same time', async () => {
    const [one, other] = await Promise.all([startAggregator(), startAggregator()]);
    await Promise.all([one.identity.start(), other.identity.start()]);
    expect(one.identity.material.ca.toString()).toBe(await bundle());
    expect(other.identity.material.ca.equals(one.identity.material.ca)).toBe(true);
    expect((await bundle()).match(/BEGIN CERTIFICATE/g)).toHaveLength(1);
    expect(await authority()).toMatchObject({
      type: 'Opaque', // as the manifests bring it
      metadata: { labels: { 'weir.dev/managed': 'true', 'app.kubernetes.io/name': 'weir' } },
    });
    const made = [...one.lines, ...other.lines].filter((line) => line.includes('makes an authority'));
    expect(made).toHaveLength(1);
    await Promise.all([one.identity.stop(), other.identity.stop()]);
  });

  it('are read by agents, which may not read the authority, nor write', async () => {
    const aggregator = await startAggregator();
    await aggregator.identity.start();
    const agent = await startAgent();
    await agent.identity.refresh();
    expect(agent.identity.material.ca.equals(aggregator.identity.material.ca)).toBe(true);
    await expect(agent.store.read('authority')).rejects.toThrow(/does not allow this process to get secrets/);
    const found = await agent.store.read('client');
    await expect(agent.store.write('client', found!.data, found)).rejects.toThrow(/not allow/);
    const secrets = { kind: resourceKinds.secrets, namespace: NAMESPACE };
    for (const { client } of [agent, aggregator])
      await expect(client.list(secrets)).rejects.toThrow(/not allow/);
    await aggregator.identity.stop();
  });

  it('are made again when somebody empties them, and agents learn of it', async () => {
    const aggregator = await startAggregator();
    await aggregator.identity.start();
    const agent = await startAgent();
    await agent.identity.start();
    await agent.identity.refresh();
    const { material } = agent.identity;
    for (const [plural, name] of [
      ['secrets', 'flow-aggregator-client-tls'],
      ['configmaps', 'flow-aggregator-ca'],
      ['secrets', 'flow-aggregator-ca-tls'],
    ]) {
      const before = await kubernetes.admin.get(pathOf(plural!, name!));
      await emptyObject(plural!, name!);
      await until(`another ${name}`, async () => {
        const { data } = await kubernetes.admin.get(pathOf(plural!, name!));
        // The certificates that both trust are the same as before.
        return data !== undefined && (plural === 'configmaps' || !isDeepStrictEqual(data, before.data));
      });
    }
    await until('the agent to trust the new authority only', async () => {
      const trusted = agent.identity.material.ca.toString();
      return trusted === (await bundle()) && !material.ca.equals(agent.identity.material.ca);
    });
    await Promise.all([agent.identity.stop(), aggregator.identity.stop()]);
  });

  it('stay as they are when the manifests are applied again', async () => {
    const aggregator = await startAggregator();
    await aggregator.identity.start();
    const before = await authority();
    await applyRights(kubernetes);
    expect((await authority()).data).toEqual(before.data);
    expect((await authority()).metadata.labels).toMatchObject({ 'weir.dev/managed': 'true' });
    await aggregator.identity.stop();
  });

  it('say what to do when somebody has deleted one', async () => {
    const aggregator = await startAggregator();
    await aggregator.identity.start();
    await kubernetes.admin.ask('DELETE', pathOf('secrets', 'flow-aggregator-client-tls'));
    const isSaid = (line: string) =>
      line.includes('there is no Secret flow-aggregator-client-tls') &&
      line.includes('apply the manifests again');
    await until('the advice', () => aggregator.lines.some(isSaid));
    await aggregator.identity.stop();
    // The next one serves the agents that have their certificate still.
    const next = await startAggregator();
    await next.identity.start();
    expect(next.identity.material.ca.equals(aggregator.identity.material.ca)).toBe(true);
    const command = `run "kubectl -n ${NAMESPACE} create secret generic flow-aggregator-client-tls"`;
    await until('the command', () => next.lines.some((line) => line.includes(command)));
    await kubernetes.admin.ask('POST', `/api/v1/namespaces/${NAMESPACE}/secrets`, {
      apiVersion: 'v1', // as that command does
      kind: 'Secret',
      metadata: { name: 'flow-aggregator-client-tls' },
      type: 'Opaque',
    });
    await until('the certificate of the agents', async () => {
      const { data } = await kubernetes.admin.get(pathOf('secrets', 'flow-aggregator-client-tls'));
      return data !== undefined;
    });
    await next.identity.stop();
    await applyRights(kubernetes);
  });

  it('are made again when the clock of their maker was ahead of the API server', async () => {
    await emptyObject('secrets', 'flow-aggregator-ca-tls');
    const clock = new ShiftedClock();
    clock.shiftMs = 3 * 86_400_000;
    const ahead = await startAggregator(clock);
    await ahead.identity.start();
    await ahead.identity.stop();
    const early = await bundle();
    const aggregator = await startAggregator();
    await aggregator.identity.start();
    const agent = await startAgent();
    await agent.identity.refresh();
    const { certificate } = agent.identity.material.own!;
    expect(certificate.validFromDate.getTime()).toBeLessThan(Date.now());
    expect((await bundle()).endsWith(early)).toBe(true);
    expect((await bundle()).match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    expect(aggregator.identity.material.ca.toString()).toBe(await bundle());
    await aggregator.identity.stop();
    await emptyObject('secrets', 'flow-aggregator-ca-tls');
  });

  it('change in two steps, and the other aggregator follows by its watch', async () => {
    const clock = new ShiftedClock();
    const one = await startAggregator(clock);
    const other = await startAggregator(clock);
    await Promise.all([one.identity.start(), other.identity.start()]);
    const before = await bundle();
    clock.shiftMs = 276 * 86_400_000;
    one.identity.look();
    await until('the other to trust the next one', () => {
      const trusted = other.identity.material.ca.toString();
      return trusted.startsWith(before) && trusted !== before;
    });
    clock.shiftMs += 86_400_000;
    one.identity.look();
    await until('the other to show a certificate of the next one', () => {
      const trusted = other.identity.material.ca.toString();
      return trusted.endsWith(before) && trusted !== before;
    });
    expect(other.identity.material.ca.toString()).toBe(await bundle());
    await Promise.all([one.identity.stop(), other.identity.stop()]);
    await emptyObject('secrets', 'flow-aggregator-ca-tls');
  });

  it('stay in use while the API server is away, and a start waits for it', async () => {
    const aggregator = await startAggregator();
    await aggregator.identity.start();
    const agent = await startAgent();
    await agent.identity.refresh();
    const late = await startAggregator();
    await kubernetes.stopApiServer();
    const { material } = agent.identity;
    await agent.identity.refresh();
    expect(agent.identity.material).toBe(material);
    expect(agent.lines.join('\n')).toMatch(/the earlier ones stay in use: .*\(since \d{4}-/);
    const started = late.identity.start();
    await until('what it waits for', () => late.identity.problems[0]?.includes('since'));
    await kubernetes.startApiServer();
    await started;
    expect(late.identity.material.ca.equals(aggregator.identity.material.ca)).toBe(true);
    await Promise.all([late.identity.stop(), aggregator.identity.stop()]);
  });

  it('are for addresses that agents find by the Service and its endpoints', async () => {
    const service = readManifest('aggregator-service');
    await kubernetes.admin.apply(service);
    const ports = (service.spec as { ports: { name: string; port: number; protocol?: string }[] }).ports;
    const { name, port, protocol = 'TCP' } = ports.find((one) => one.port === 4739)!;
    await kubernetes.admin.apply({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: 'flow-aggregator-1',
        namespace: NAMESPACE,
        labels: { 'kubernetes.io/service-name': 'flow-aggregator' },
      },
      addressType: 'IPv4',
      endpoints: [
        { addresses: ['10.1.0.5'], conditions: { ready: true } },
        { addresses: ['10.1.0.6'], conditions: { ready: false } },
      ],
      ports: [{ name, port, protocol }],
    });
    const { client, clock, log } = await startAgent();
    const addresses = new ServiceAddresses({
      client,
      namespace: NAMESPACE,
      name: 'flow-aggregator',
      port: { number: port, protocol },
      nodeName: 'node-1',
      otherwise: () => Promise.reject(new Error('no DNS here')),
      clock,
      log,
    });
    expect(await addresses.find()).toEqual(['10.1.0.5']);
  });
});
