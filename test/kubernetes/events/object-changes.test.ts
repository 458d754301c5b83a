import { describe, expect, it } from 'vitest';
import { BEGUN, madeController, madeNode, madePod } from '../names/made-objects.ts';
import { EventBed, madeDeployment, madeReady, STARTED, withContainers } from './event-bed.ts';

const later = (seconds: number): number => STARTED + seconds * 1_000;
const pod = madePod({ owner: { kind: 'ReplicaSet', name: 'web-6c9' } });

describe('the containers of a Pod', () => {
  it('are reported when they start, end and start again, each once and with the names of flows', () => {
    const bed = new EventBed();
    bed.set('replicasets', madeController('ReplicaSet', 'web-6c9', { kind: 'Deployment', name: 'web' }));
    bed.set('nodes', madeNode());
    const starts = withContainers(pod, { startedMs: later(1) });
    const killed = {
      startedMs: later(1),
      endedMs: later(5),
      exitCode: 137,
      reason: 'OOMKilled',
    };
    const runsAgain = withContainers(pod, { startedMs: later(6), endedBefore: killed, restarts: 1 });
    bed.set('pods', withContainers(pod, {}), starts, starts);
    bed.set('pods', withContainers(pod, { ended: killed }), runsAgain, runsAgain);
    bed.list('pods', runsAgain);

    const names = {
      sourcePodNamespace: 'shop',
      sourcePodName: 'web-0',
      sourceNodeName: 'node-a',
      sourceWorkloadKind: 'Deployment',
      sourceWorkloadName: 'web',
      sourceZone: 'zone-1',
    };
    const about = { objectKind: 'Pod', objectName: 'web-0', names };
    expect(bed.reported).toMatchObject([
      { ...about, timeMs: later(1), reason: 'Started', type: 'Normal', facts: { container: 'app' } },
      {
        ...about,
        timeMs: later(5),
        reason: 'OOMKilled',
        type: 'Warning',
        message: 'container app ended with exit code 137',
        facts: { container: 'app', exitCode: 137 },
      },
      { ...about, timeMs: later(6), reason: 'Started', facts: { container: 'app', restarts: 1 } },
    ]);
    expect(bed.account).toMatchObject({ received: 3, sent: 3, dropped: {}, closed: true });
  });

  it('are reported to have ended and started when only the second run was seen', () => {
    const bed = new EventBed();
    const endedBefore = { startedMs: later(1), endedMs: later(2), exitCode: 1, reason: 'Error' };
    bed.set('pods', withContainers(pod, { startedMs: later(1) }));
    bed.list('pods', withContainers(pod, { startedMs: later(3), endedBefore, restarts: 1 }));
    expect(bed.takeReasons()).toEqual(['Started', 'Error', 'Started']);
  });

  it('are reported one by one', () => {
    const bed = new EventBed();
    const [one, two] = [{ name: 'one' }, { name: 'two' }];
    bed.set('pods', withContainers(pod, one, two));
    bed.set('pods', withContainers(pod, { ...one, startedMs: later(1) }, two));
    bed.set('pods', withContainers(pod, { ...one, startedMs: later(1) }, { ...two, startedMs: later(2) }));
    expect(bed.reported.map(({ facts }) => facts.container)).toEqual(['one', 'two']);
  });

  it('that started before Weir are not reported, but what happens to them later is', () => {
    const bed = new EventBed();
    const old = { startedMs: BEGUN };
    bed.list('pods', withContainers(pod, old));
    expect(bed.reported).toEqual([]);
    const ended = { ...old, endedMs: later(3) };
    bed.set('pods', withContainers(pod, { ended }));
    expect(bed.reported).toMatchObject([{ reason: 'Completed', type: 'Normal', facts: { exitCode: 0 } }]);
  });

  it('that started while the API server was away are reported with the first list, at the time of their start', () => {
    const bed = new EventBed();
    bed.clock.advance(600_000);
    bed.list('pods', withContainers(pod, { startedMs: later(30) }));
    expect(bed.reported).toMatchObject([{ reason: 'Started', timeMs: later(30) }]);
  });
});

it('a Pod is reported to be deleted when that is asked for, and an exit code then is no warning', () => {
  const bed = new EventBed();
  const run = { startedMs: BEGUN };
  const deleted = madePod({ deletedMs: later(1) });
  bed.set('pods', withContainers(madePod(), run));
  bed.set('pods', withContainers(deleted, run), withContainers(deleted, run));
  bed.delete(
    'pods',
    withContainers(deleted, { ended: { ...run, endedMs: later(2), exitCode: 143, reason: 'Error' } }),
  );
  expect(bed.reported).toMatchObject([
    { reason: 'Deleted', timeMs: later(1), type: 'Normal' },
    { reason: 'Error', timeMs: later(2), type: 'Normal', facts: { exitCode: 143 } },
  ]);
});

it('Pods that change are remembered up to a number; nothing of those that are forgotten is reported again', () => {
  const bed = new EventBed();
  const pods = Array.from({ length: 25_000 }, (_, i) =>
    withContainers(madePod({ name: `web-${i}`, namespace: `team-${i % 10}` }), {
      startedMs: later(1 + i / 100),
    }),
  );
  bed.clock.advance(300_000);
  bed.set('pods', ...pods);
  const reported = bed.account.received;
  expect(reported).toBe(25_000);
  bed.list('pods', ...pods);
  expect(bed.account.received).toBe(reported);
  const ended = { startedMs: later(1), endedMs: later(290) };
  bed.set('pods', withContainers(madePod({ name: 'web-0', namespace: 'team-0' }), { ended }));
  expect(bed.account.received).toBe(reported + 1);
});

it('a Pod that is older than Weir is reported when it ends in the moment of its deletion', () => {
  const bed = new EventBed();
  const run = { startedMs: BEGUN };
  bed.list('pods', withContainers(pod, run));
  const ended = { ...run, endedMs: later(2), exitCode: 1, reason: 'Error' };
  bed.delete('pods', withContainers(pod, { ended }));
  expect(bed.takeReasons()).toEqual(['Error']);
});

it('a Pod of the same name is another one', () => {
  const bed = new EventBed();
  bed.set('pods', withContainers(pod, { startedMs: later(1) }));
  bed.list('pods', withContainers(madePod({ uid: 'another' }), { startedMs: later(2) }));
  expect(bed.takeReasons()).toEqual(['Started', 'Started']);
});

describe('a Node', () => {
  it('is reported when it is no longer ready, also when its kubelet is silent, and when it is again', () => {
    const bed = new EventBed();
    const node = madeNode();
    bed.list('nodes', madeReady(node, 'True', BEGUN));
    bed.set('nodes', madeReady(node, 'Unknown', later(40)), madeReady(node, 'False', later(41)));
    bed.set('nodes', madeReady(node, 'True', later(60)), madeReady(node, 'True', later(60)));
    expect(bed.reported).toMatchObject([
      {
        reason: 'NodeNotReady',
        type: 'Warning',
        timeMs: later(40),
        message: 'Kubelet says Unknown.',
        names: { sourceNodeName: 'node-a' },
        objectKind: 'Node',
      },
      { reason: 'NodeReady', type: 'Normal', timeMs: later(60) },
    ]);
  });

  it('without the condition says nothing yet', () => {
    const bed = new EventBed();
    bed.set('nodes', madeNode(), madeReady(madeNode(), 'True', later(1)));
    expect(bed.takeReasons()).toEqual(['NodeReady']);
  });
});

describe('a Deployment', () => {
  it('is reported when it is scaled, and when a roll-out starts and ends', () => {
    const bed = new EventBed({ clusterId: 'blue' });
    bed.list('deployments', madeDeployment());
    expect(bed.reported).toEqual([]);
    const writtenMs = later(1);
    bed.set('deployments', madeDeployment({ replicas: 5, writtenMs }));
    bed.set('deployments', madeDeployment({ replicas: 5, revision: '2', progress: 'NewReplicaSetCreated' }));
    bed.set('deployments', madeDeployment({ replicas: 5, revision: '2', progress: 'ReplicaSetUpdated' }));
    bed.set('deployments', madeDeployment({ replicas: 5, revision: '2' }));
    const names = {
      sourcePodNamespace: 'shop',
      sourceWorkloadKind: 'Deployment',
      sourceWorkloadName: 'web',
      clusterId: 'blue',
    };
    expect(bed.reported).toMatchObject([
      { reason: 'Scaled', message: 'scaled from 2 to 5 replicas', timeMs: writtenMs, names },
      { reason: 'RolloutStarted', facts: { revision: '2' } },
      { reason: 'RolloutComplete', message: 'so it is: NewReplicaSetAvailable' },
    ]);
  });

  it('is reported when its roll-out does not go on', () => {
    const bed = new EventBed();
    bed.set('deployments', madeDeployment({ revision: '2', progress: 'ReplicaSetUpdated' }));
    bed.set('deployments', madeDeployment({ revision: '2', progress: 'ProgressDeadlineExceeded' }));
    expect(bed.reported).toMatchObject([{ reason: 'RolloutFailed', type: 'Warning' }]);
  });

  it('that is written without a change of these reports nothing', () => {
    const bed = new EventBed();
    bed.list('deployments', madeDeployment());
    bed.set('deployments', madeDeployment({ writtenMs: later(1) }));
    expect(bed.reported).toEqual([]);
  });

  it('that is new rolls out its first revision', () => {
    const bed = new EventBed();
    const createdMs = later(1);
    bed.set('deployments', madeDeployment({ createdMs, revision: '', progress: '' }));
    bed.set('deployments', madeDeployment({ createdMs, progress: 'NewReplicaSetCreated' }));
    bed.set('deployments', madeDeployment({ createdMs }));
    expect(bed.takeReasons()).toEqual(['RolloutStarted', 'RolloutComplete']);
  });
});

it('a StatefulSet is reported when it is scaled, and when a roll-out starts and ends', () => {
  const bed = new EventBed();
  const metadata = { ...madeDeployment().metadata, name: 'db', annotations: {} };
  const set = (replicas: number, currentRevision: string, updateRevision: string) => ({
    metadata,
    spec: { replicas },
    status: { currentRevision, updateRevision },
  });
  bed.list('statefulsets', set(3, 'db-1', 'db-1'));
  bed.set('statefulsets', set(4, 'db-1', 'db-1'), set(4, 'db-1', 'db-2'), set(4, 'db-2', 'db-2'));
  expect(bed.reported).toMatchObject([
    { reason: 'Scaled', message: 'scaled from 3 to 4 replicas', objectKind: 'StatefulSet' },
    { reason: 'RolloutStarted', facts: { revision: 'db-2' }, names: { sourceWorkloadKind: 'StatefulSet' } },
    { reason: 'RolloutComplete', message: 'the roll-out of revision db-2 is complete', objectName: 'db' },
  ]);
});

it('a DaemonSet is reported when a roll-out starts', () => {
  const bed = new EventBed();
  const set = (generation: string) => ({
    metadata: {
      ...madeDeployment().metadata,
      annotations: { 'deprecated.daemonset.template.generation': generation },
    },
    spec: {},
    status: { desiredNumberScheduled: 3, updatedNumberScheduled: 1 },
  });
  bed.list('daemonsets', set('1'));
  bed.set('daemonsets', set('1'), set('2'));
  expect(bed.reported).toMatchObject([{ reason: 'RolloutStarted', objectKind: 'DaemonSet' }]);
});
