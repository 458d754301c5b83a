import type { AddressWords } from '../../../src/flow/index.ts';
import { parseAddress } from '../../../src/flow/index.ts';
import type { KubernetesObject } from '../../../src/kubernetes/index.ts';

/** The time when tests begin. */
export const BEGUN = Date.UTC(2026, 0, 1);

/** As the API server writes it: whole seconds. */
export const timeText = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

export const wordsOf = (address: string): AddressWords => parseAddress(address)!;

export interface MadePod {
  readonly uid?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly node?: string;
  readonly addresses?: readonly string[];
  readonly isOnHostNetwork?: boolean;
  readonly createdMs?: number;
  readonly startedMs?: number;
  readonly networkReadyMs?: number;
  readonly readyMs?: number;
  readonly notReadyMs?: number;
  readonly deletedMs?: number;
  readonly phase?: string;
  readonly finishedMs?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly owner?: MadeOwner;
  readonly subdomain?: string;
}

export interface MadeOwner {
  readonly kind: string;
  readonly name: string;
  readonly uid?: string;
}

const referenceTo = ({ kind, name, uid = `${kind}-${name}` }: MadeOwner) => ({
  apiVersion: 'apps/v1',
  kind,
  name,
  uid,
  controller: true,
});

/** A Pod as the API server sends it, with much that Weir does not need. */
export function madePod(pod: MadePod = {}): KubernetesObject {
  const { name = 'web-0', uid = `uid-${name}`, addresses = [], createdMs = BEGUN } = pod;
  const at = (ms: number | undefined, key: string) => (ms === undefined ? {} : { [key]: timeText(ms) });
  const conditions = [
    ...(pod.networkReadyMs === undefined
      ? []
      : [
          {
            type: 'PodReadyToStartContainers',
            status: 'True',
            lastTransitionTime: timeText(pod.networkReadyMs),
          },
        ]),
    { type: 'Initialized', status: 'True', lastTransitionTime: timeText(createdMs) },
    ...(pod.readyMs === undefined
      ? []
      : [{ type: 'Ready', status: 'True', lastTransitionTime: timeText(pod.readyMs) }]),
    ...(pod.notReadyMs === undefined
      ? []
      : [{ type: 'Ready', status: 'False', lastTransitionTime: timeText(pod.notReadyMs) }]),
  ];
  const terminated =
    pod.finishedMs === undefined
      ? { running: {} }
      : { terminated: { exitCode: 0, finishedAt: timeText(pod.finishedMs) } };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: pod.namespace ?? 'shop',
      uid,
      resourceVersion: '12345',
      creationTimestamp: timeText(createdMs),
      ...at(pod.deletedMs, 'deletionTimestamp'),
      ...(pod.deletedMs === undefined ? {} : { deletionGracePeriodSeconds: 0 }),
      labels: pod.labels ?? {},
      ownerReferences: pod.owner === undefined ? [] : [referenceTo(pod.owner)],
    },
    spec: {
      nodeName: pod.node ?? 'node-a',
      hostNetwork: pod.isOnHostNetwork,
      subdomain: pod.subdomain,
      containers: [{ name: 'main', image: 'example.org/web:1', ports: [{ containerPort: 8080 }] }],
    },
    status: {
      phase: pod.phase ?? 'Running',
      ...at(pod.startedMs, 'startTime'),
      podIP: addresses[0],
      podIPs: addresses.map((ip) => ({ ip })),
      hostIP: '192.0.2.1',
      conditions,
      containerStatuses: [{ name: 'main', ready: pod.readyMs !== undefined, state: terminated }],
    },
  };
}

export interface MadeNode {
  readonly name?: string;
  readonly uid?: string;
  readonly addresses?: readonly { readonly type: string; readonly address: string }[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly podCIDRs?: readonly string[];
  readonly createdMs?: number;
}

export function madeNode(node: MadeNode = {}): KubernetesObject {
  const { name = 'node-a', uid = `uid-${name}`, addresses = [], createdMs = BEGUN } = node;
  const { labels = { 'topology.kubernetes.io/zone': 'zone-1' }, annotations = {}, podCIDRs = [] } = node;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, uid, creationTimestamp: timeText(createdMs), labels, annotations },
    spec: { podCIDRs },
    status: { addresses },
  };
}

export interface MadeService {
  readonly namespace?: string;
  readonly name?: string;
  readonly uid?: string;
  readonly createdMs?: number;
  readonly clusterIPs?: readonly string[];
  readonly externalIPs?: readonly string[];
  readonly ingress?: readonly {
    readonly ip?: string;
    readonly hostname?: string;
    readonly ipMode?: string;
  }[];
  readonly ports?: readonly {
    readonly name?: string;
    readonly protocol?: string;
    readonly port: number;
    readonly nodePort?: number;
  }[];
}

export function madeService(service: MadeService = {}): KubernetesObject {
  const { namespace = 'shop', name = 'web', uid = `uid-${name}`, clusterIPs = ['10.96.0.10'] } = service;
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace, name, uid, creationTimestamp: timeText(service.createdMs ?? BEGUN) },
    spec: {
      clusterIP: clusterIPs[0],
      clusterIPs,
      externalIPs: service.externalIPs ?? [],
      ports: service.ports ?? [{ name: 'http', protocol: 'TCP', port: 80 }],
    },
    status: { loadBalancer: { ingress: service.ingress ?? [] } },
  };
}

export interface MadeSlice {
  readonly name?: string;
  readonly service?: string;
  readonly isHeadless?: boolean;
  readonly ports?: readonly { readonly name?: string; readonly protocol?: string; readonly port?: number }[];
  readonly endpoints?: readonly { readonly podUid?: string; readonly node?: string }[];
}

export function madeSlice(slice: MadeSlice = {}): KubernetesObject {
  const { service = 'db', name = `${service}-x7f2k`, isHeadless = true } = slice;
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      namespace: 'shop',
      name,
      uid: `uid-${name}`,
      labels: {
        'kubernetes.io/service-name': service,
        ...(isHeadless ? { 'service.kubernetes.io/headless': '' } : {}),
      },
    },
    ports: slice.ports ?? [{ name: 'sql', protocol: 'TCP', port: 5432 }],
    endpoints: (slice.endpoints ?? []).map(({ podUid, node = 'node-a' }) => ({
      addresses: ['10.244.1.5'],
      nodeName: node,
      ...(podUid === undefined
        ? {}
        : { targetRef: { kind: 'Pod', namespace: 'shop', name: podUid, uid: podUid } }),
    })),
  };
}

/** The metadata of a ReplicaSet or a Job. */
export const madeController = (kind: string, name: string, owner?: MadeOwner): KubernetesObject => ({
  metadata: {
    name,
    namespace: 'shop',
    uid: `${kind}-${name}`,
    ownerReferences: owner === undefined ? [] : [referenceTo(owner)],
  },
});
