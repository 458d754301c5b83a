import type { EventNames } from '../../flow/index.ts';
import type { ClusterNames, KnownPod } from '../names/index.ts';
import type { EventObject } from './event-object.ts';

const workloadKinds: ReadonlySet<string> = new Set([
  'CronJob',
  'DaemonSet',
  'Deployment',
  'Job',
  'ReplicaSet',
  'ReplicationController',
  'StatefulSet',
]);

/** The names that an object of an event has in flows. */
export class ObjectNames {
  readonly #cluster: ClusterNames;
  readonly #clusterId: string | undefined;

  /** @param clusterId of the configuration; by default that of the cluster */
  constructor(cluster: ClusterNames, clusterId: string | undefined) {
    this.#cluster = cluster;
    this.#clusterId = clusterId;
  }

  ofPod(uid: string, namespace: string, name: string, node: string): EventNames {
    const known = this.#cluster.pods.find(uid);
    // Anybody may write an event about a Pod with the UID of another one.
    const isIt = known?.object.namespace.text === namespace && known.object.name.text === name;
    return this.#known({
      sourcePodNamespace: namespace,
      sourcePodName: name,
      sourceNodeName: (isIt && known.object.node.text) || node,
      ...(isIt && this.#workloadOf(known)),
    });
  }

  ofNode(name: string): EventNames {
    return this.#known({ sourceNodeName: name });
  }

  ofWorkload(kind: string, namespace: string, name: string): EventNames {
    return this.#known({
      sourcePodNamespace: namespace,
      sourceWorkloadKind: kind,
      sourceWorkloadName: name,
    });
  }

  ofEvent({ about, host, namespace }: EventObject): EventNames {
    const { kind, name, uid } = about;
    // The writer may name any node. Of one that does not exist, nothing can be known.
    const node = this.#cluster.nodes.has(host) ? host : '';
    if (kind === 'Pod') return this.ofPod(uid, about.namespace, name, node);
    // A Node and its like have no namespace. Their events are in one, but not about it. Whoever may write
    // events of another namespace may not speak of Nodes.
    if (about.namespace === '')
      return kind === 'Node' ? this.ofNode(name) : this.#known({ sourceNodeName: node });
    if (!workloadKinds.has(kind)) return this.#known({ sourcePodNamespace: namespace });
    const top = this.#cluster.workloads.makerOf(uid) ?? { kind, name };
    return this.ofWorkload(top.kind, namespace, top.name);
  }

  #workloadOf(pod: KnownPod): EventNames {
    this.#cluster.workloads.resolve(pod);
    return {
      sourceWorkloadKind: pod.workloadKind.text,
      sourceWorkloadName: pod.workloadName.text,
      sourceZone: pod.node?.zone.text ?? '',
    };
  }

  /** With the cluster, and without what has no name. */
  #known(names: EventNames): EventNames {
    const all = { ...names, clusterId: this.#clusterId ?? this.#cluster.clusterId?.text ?? '' };
    return Object.fromEntries(Object.entries(all).filter(([, name]) => name !== ''));
  }
}
