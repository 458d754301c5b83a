import { describe, expect, it } from 'vitest';
import type { KnownPod } from '../../../src/kubernetes/names/known-pod.ts';
import { type MadePod, madeController, madePod, wordsOf } from './made-objects.ts';
import { TestCluster } from './test-cluster.ts';

const addresses = ['10.244.1.5'];

/** Kind and name of the workload of the Pod. */
function workloadIn(cluster: TestCluster): string {
  const pod = cluster.names.owners.find(wordsOf(addresses[0]!), 0, 0, cluster.clock.now()) as KnownPod;
  cluster.names.workloads.resolve(pod);
  return `${pod.workloadKind.text}/${pod.workloadName.text}`;
}

function workloadOf(pod: MadePod): string {
  const cluster = new TestCluster();
  cluster.set(madePod({ addresses, ...pod }));
  return workloadIn(cluster);
}

const webPod: MadePod = {
  name: 'web-6d4cf56db6-x7f2k',
  labels: { 'pod-template-hash': '6d4cf56db6' },
  owner: { kind: 'ReplicaSet', name: 'web-6d4cf56db6' },
};

describe('the workload of a Pod', () => {
  it('is the owner of its ReplicaSet, whichever kind that is', () => {
    const cluster = new TestCluster();
    cluster.set(madePod({ addresses, ...webPod }));
    cluster.set(madeController('ReplicaSet', 'web-6d4cf56db6', { kind: 'Rollout', name: 'web' }));
    expect(workloadIn(cluster)).toBe('Rollout/web');
  });

  it('is a Deployment while its ReplicaSet is unknown, and the real owner as soon as it is known', () => {
    const cluster = new TestCluster();
    cluster.set(madePod({ addresses, ...webPod }));
    expect(workloadIn(cluster)).toBe('Deployment/web');
    const replicaSet = madeController('ReplicaSet', 'web-6d4cf56db6', { kind: 'Rollout', name: 'web' });
    cluster.set(replicaSet);
    expect(workloadIn(cluster)).toBe('Rollout/web');
    cluster.delete(replicaSet);
    expect(workloadIn(cluster)).toBe('Rollout/web');
  });

  it('is the CronJob of its Job, and the Job when nobody made that', () => {
    const cluster = new TestCluster();
    cluster.set(
      madePod({ addresses, name: 'report-29500000-abcde', owner: { kind: 'Job', name: 'report-29500000' } }),
    );
    expect(workloadIn(cluster)).toBe('Job/report-29500000');
    cluster.set(madeController('Job', 'report-29500000', { kind: 'CronJob', name: 'report' }));
    expect(workloadIn(cluster)).toBe('CronJob/report');
  });

  it('is a ReplicaSet that has no owner', () => {
    const cluster = new TestCluster();
    cluster.set(madePod({ addresses, ...webPod }), madeController('ReplicaSet', 'web-6d4cf56db6'));
    expect(workloadIn(cluster)).toBe('ReplicaSet/web-6d4cf56db6');
  });

  it.each<[string, MadePod]>([
    ['StatefulSet/db', { name: 'db-0', owner: { kind: 'StatefulSet', name: 'db' } }],
    ['DaemonSet/agent', { name: 'agent-x7f2k', owner: { kind: 'DaemonSet', name: 'agent' } }],
    ['Pod/alone', { name: 'alone' }],
    ['Pod/kube-apiserver', { name: 'kube-apiserver-node-a', owner: { kind: 'Node', name: 'node-a' } }],
  ])('is %s', (workload, pod) => {
    expect(workloadOf(pod)).toBe(workload);
  });
});
