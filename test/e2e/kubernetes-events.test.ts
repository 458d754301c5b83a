import { afterAll, beforeAll, expect, it } from 'vitest';
import type { EventKind } from '../../src/flow/index.ts';
import type { LoggedLine } from '../../src/logs/index.ts';
import { type EventsWanted, readEvents } from '../../src/store/index.ts';
import { type Cluster, startCluster } from '../support/cluster.ts';
import type { RunningPod } from '../support/cluster-node.ts';
import { ClusterWeir } from '../support/cluster-weir.ts';
import { documentBlocks } from '../support/document-blocks.ts';
import type { ApiObject } from '../support/kubernetes-api.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { exchangeTcp, startTcpServer } from '../support/traffic.ts';
import { until } from '../support/until.ts';
import { startVictoriaLogs, type VictoriaLogs } from '../support/victoria-logs.ts';
import { aggregatorSkewMs } from '../support/weir.ts';

/*
 * Events of a real cluster beside its flows, in a real VictoriaLogs. The aggregator has the ServiceAccount
 * and the rights of `deploy/`. Deployments are scaled and rolled out by the real controllers. The test is the
 * kubelet.
 */

const port = 8080;
const patience = { everyMs: 200 };
/** The queries of the page about events. */
const [flowsAndEvents, killedAndNotReady] = documentBlocks()
  .filter(({ page, language }) => page.endsWith('/kubernetes-events.md') && language === 'logsql')
  .map(({ text }) => text);

const now = (): string => `${new Date().toISOString().slice(0, 19)}Z`;

requires(
  'namespaces',
  'kubernetes',
  'openssl',
  'nft',
  'ethtool',
  'victoria-logs',
)('events of a Kubernetes cluster', () => {
  let cluster: Cluster;
  let server: VictoriaLogs;
  let weir: ClusterWeir;
  let client: RunningPod;
  let web: RunningPod;
  const place = new TemporaryDirectory();
  const directory = place.file('history');

  beforeAll(async () => {
    cluster = await startCluster();
    const [one, two] = cluster.nodes;
    const { namespace, addresses } = cluster.control;
    server = await startVictoriaLogs({ namespace, host: addresses.v4, port: 9428 });
    client = await one!.runPod({ name: 'client' });
    web = await two!.runDeployment({ name: 'web', port });
    await startTcpServer(web.namespace, { port, replyOctets: 5_000 });
    const started = Date.now();
    const sinks = [{ name: 'logs', victoriaLogs: { url: server.url } }, { history: { directory } }];
    weir = await ClusterWeir.start(cluster, { sinks });
    await until('flows that began after the aggregator', () => Date.now() - started > aggregatorSkewMs);
  });

  afterAll(async () => {
    await weir?.[Symbol.asyncDispose]();
    await server?.stop();
    await cluster?.stop();
    place[Symbol.dispose]();
  });

  const events = async (filter: string): Promise<LoggedLine[]> => {
    await server.flush();
    return server.lines(`{service_name="weir-events"} ${filter}`);
  };

  /** The one event that this finds, once it is there. */
  const oneEvent = (filter: string, meanwhile = async () => {}): Promise<LoggedLine> =>
    until(
      `an event with ${filter}`,
      async () => {
        await meanwhile();
        const found = await events(filter);
        expect(found.length).toBeLessThan(2);
        return found[0];
      },
      patience,
    );

  const deployment = (): Promise<ApiObject> =>
    cluster.admin.get('/apis/apps/v1/namespaces/default/deployments/web');

  /** Makes the Pods of the Deployment ready, as kubelets do. Some disappear meanwhile. */
  async function runPods(): Promise<void> {
    const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: now() }];
    for (const pod of await cluster.admin.list('/api/v1/namespaces/default/pods?labelSelector=app%3Dweb')) {
      const path = `/api/v1/namespaces/default/pods/${pod.metadata.name}/status`;
      const change = { status: { phase: 'Running', conditions } };
      await cluster.admin.send('PATCH', path, change, 'application/merge-patch+json');
    }
  }

  it('one query shows the flows of a Pod, and that a container of it was killed and started again', async () => {
    await exchangeTcp(client.namespace, { host: web.addresses.v4, port, octets: 20_000 });
    const startedAt = now();
    const ended = { exitCode: 137, reason: 'OOMKilled', startedAt, finishedAt: startedAt };
    await cluster.admin.patchStatus(web.object, {
      containerStatuses: [
        {
          name: 'main',
          image: 'none',
          imageID: '',
          ready: true,
          restartCount: 1,
          state: { running: { startedAt } },
          lastState: { terminated: ended },
        },
      ],
    });
    const both = await until(
      'the flow and the event',
      async () => {
        await server.flush();
        const lines = await server.lines(
          flowsAndEvents!.replaceAll('"shop"', '"default"').replaceAll('"cart-0"', `"${web.name}"`),
        );
        const streams = new Set(lines.map(({ labels }) => labels.service_name));
        return streams.size === 2 && lines.some(({ labels }) => labels.reason === 'OOMKilled') && lines;
      },
      patience,
    );
    const flow = both.find(({ labels }) => labels.service_name === 'weir-flows')!;
    const killed = both.find(({ labels }) => labels.reason === 'OOMKilled')!;
    expect(flow.labels).toMatchObject({
      sourcePodName: 'client',
      destinationPodName: web.name,
      destinationNodeName: 'node-2',
    });
    const { sourcePodNamespace, sourceNodeName, clusterId, eventType } = killed.labels;
    expect({ sourcePodNamespace, sourceNodeName, clusterId, eventType }).toEqual({
      sourcePodNamespace: 'default',
      sourceNodeName: 'node-2',
      clusterId: flow.labels.clusterId,
      eventType: 'Warning',
    });
    expect(clusterId).not.toBe('');
    expect(killed.line).toContain('container=main exitCode=137');
    expect(killed.line).toContain('sourceWorkloadKind=Deployment sourceWorkloadName=web');
    expect(killed.timeNs / 1_000_000_000n).toBe(BigInt(Date.parse(startedAt) / 1_000));
    // The first start may be in the second in which Weir starts.
    await oneEvent(`sourcePodName:="${web.name}" reason:=Started "started again"`);
  });

  it('a Deployment that is scaled, and one that is rolled out, are each reported once', async () => {
    await cluster.admin.patch(await deployment(), { spec: { replicas: 3 } });
    const scaled = await oneEvent('objectName:=web reason:=Scaled');
    expect(scaled.line).toContain('message="scaled from 1 to 3 replicas"');
    const template = { metadata: { annotations: { release: '2' } } };
    await cluster.admin.patch(await deployment(), { spec: { template } });
    const rollOut = await oneEvent('objectName:=web reason:=RolloutStarted');
    expect(rollOut.line).toContain('revision=2');
    expect(rollOut.labels).toMatchObject({ sourcePodNamespace: 'default', objectKind: 'Deployment' });
    const complete = await oneEvent('objectName:=web reason:=RolloutComplete', runPods);
    expect(complete.timeNs).toBeGreaterThan(rollOut.timeNs);
    // The ReplicaSet controller writes Events of its own. They name the Deployment.
    const made = await until(
      'Pods that are made',
      async () => (await events('objectKind:=ReplicaSet reason:=SuccessfulCreate'))[0],
      patience,
    );
    expect(made.line).toContain('sourceWorkloadKind=Deployment sourceWorkloadName=web');
    expect(await events('reason:=ScalingReplicaSet')).toEqual([]);
  });

  it('other workloads are reported when they are scaled or rolled out', async () => {
    const labels = { app: 'other' };
    const template = { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'none' }] } };
    const made = (kind: string, more: object): ApiObject => ({
      apiVersion: 'apps/v1',
      kind,
      metadata: { name: 'other', namespace: 'default' },
      spec: { selector: { matchLabels: labels }, template, ...more },
    });
    const statefulSet = await cluster.admin.create(
      made('StatefulSet', { serviceName: 'other', replicas: 2 }),
    );
    const daemonSet = await cluster.admin.create(made('DaemonSet', {}));
    await oneEvent('objectKind:=DaemonSet reason:=RolloutStarted');
    await cluster.admin.patch(statefulSet, { spec: { replicas: 1 } });
    await cluster.admin.patch(daemonSet, {
      spec: { template: { metadata: { annotations: { release: '2' } } } },
    });
    const scaled = await oneEvent('objectKind:=StatefulSet reason:=Scaled');
    expect(scaled.line).toContain('message="scaled from 2 to 1 replicas"');
    await oneEvent('objectKind:=DaemonSet reason:=RolloutStarted "revision=2"');
  });

  it('a Pod that is deleted is reported', async () => {
    const [one] = cluster.nodes;
    const pod = await one!.runPod({ name: 'doomed' });
    await oneEvent('sourcePodName:=doomed reason:=Started');
    const path = await cluster.admin.pathOf(pod.object);
    await cluster.admin.ask('DELETE', `${path}?gracePeriodSeconds=30`);
    await oneEvent('sourcePodName:=doomed reason:=Deleted');
  });

  it('a Node that is not ready is reported, and again when it is', async () => {
    const node = await cluster.admin.get('/api/v1/nodes/node-1');
    const condition = { type: 'Ready', lastTransitionTime: now() };
    const message = 'Kubelet stopped posting node status.';
    await cluster.admin.patchStatus(node, { conditions: [{ ...condition, status: 'Unknown', message }] });
    const gone = await oneEvent('reason:=NodeNotReady');
    expect(gone.labels).toMatchObject({ objectName: 'node-1', sourceNodeName: 'node-1' });
    expect(gone.line).toContain(`message="${message}"`);
    await cluster.admin.patchStatus(node, { conditions: [{ ...condition, status: 'True' }] });
    await oneEvent('reason:=NodeReady');
    await server.flush();
    const found = (await server.lines(killedAndNotReady!)).map(({ labels }) => labels.reason);
    expect(found.sort()).toEqual(['NodeNotReady', 'OOMKilled']);
  });

  it('an Event of somebody else is passed on, and stays one line when it repeats', async () => {
    const event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'client.1', namespace: 'default' },
      involvedObject: { kind: 'Pod', namespace: 'default', name: 'client', uid: client.uid },
      reason: 'Unhealthy',
      type: 'Warning',
      message: 'Readiness probe failed: sourcePodName=vault-0\u001b[2J',
      count: 1,
      firstTimestamp: now(),
      lastTimestamp: now(),
      source: { component: 'kubelet', host: 'node-1' },
    };
    const stored = await cluster.admin.create(event);
    const line = await oneEvent('reason:=Unhealthy');
    expect(line.labels).toMatchObject({ sourcePodName: 'client', sourceNodeName: 'node-1' });
    expect(line.line).toContain('message="Readiness probe failed: sourcePodName=vault-0\\\\u001b[2J"');
    for (const count of [2, 3]) await cluster.admin.patch(stored, { count, lastTimestamp: now() });
    const apiServer = cluster.kubernetes;
    await apiServer.stopApiServer();
    await apiServer.startApiServer();
    const later = { ...event, metadata: { ...event.metadata, name: 'client.2' }, reason: 'Later' };
    await cluster.admin.create(later);
    await oneEvent('reason:=Later');
    expect(await events('reason:=Unhealthy')).toHaveLength(1);
    expect(await events('reason:=OOMKilled')).toHaveLength(1);
  });

  it('accounts for all of them in the ledger', async () => {
    const ledger = await weir.stop();
    const events = ledger.find(({ name }) => name === 'cluster events')!;
    const lines = ledger.find(({ name }) => name === 'victorialogs logs events')!;
    expect(events).toMatchObject({ closes: true, held: 0 });
    expect(lines).toMatchObject({ received: events.sent, sent: events.sent, dropped: 0, closes: true });
    expect(events.remarks).toMatch(/said by its object \d/);
    expect(events.remarks).toMatch(/repeated 2/);
    expect(events.remarks).not.toContain('too many');
    const kept = ledger.find(({ name }) => name === 'event history')!;
    expect(kept).toMatchObject({ sent: kept.received, dropped: 0, closes: true });
  });

  it('keeps the same events beside the history, with those of its agents and its own', async () => {
    const kept = async (wanted: Partial<EventsWanted>) =>
      (await readEvents(directory, { sinceMs: 0, untilMs: Date.now(), most: 10_000, ...wanted })).events;
    const logged = (await events('*')).map(({ labels }) => `${labels.objectName} ${labels.reason}`);
    const ofCluster = await kept({ kinds: ['kubernetes', 'rollout'] });
    expect(ofCluster.map(({ objectName, reason }) => `${objectName} ${reason}`).sort()).toEqual(
      logged.sort(),
    );
    const [killed] = await kept({ search: `oomkilled ${web.name}`, namespaces: ['default'] });
    expect(killed).toMatchObject({
      names: { sourceNodeName: 'node-2', sourceWorkloadName: 'web' },
      facts: { container: 'main', exitCode: 137 },
    });
    expect((await kept({ kinds: ['rollout'], search: 'scaled web' })).map(({ message }) => message)).toEqual([
      'scaled from 1 to 3 replicas',
    ]);
    const reasons = async (kind: EventKind) => (await kept({ kinds: [kind] })).map(({ reason }) => reason);
    expect(await reasons('process')).toEqual(['Started', 'Stopped']);
    expect((await reasons('agent')).sort()).toEqual(['AgentCame', 'AgentCame', 'AgentWent', 'AgentWent']);
  });
});
