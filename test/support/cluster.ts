import { ClusterNetwork, type NetworkSite, type NodeSite, serviceRanges } from './cluster-network.ts';
import { ClusterNode, patience } from './cluster-node.ts';
import { type Kubernetes, quietControllers, startKubernetes } from './kubernetes.ts';
import type { ApiObject, KubernetesApi } from './kubernetes-api.ts';
import { until } from './until.ts';

/*
 * A whole Kubernetes cluster in network namespaces, for tests that require('namespaces', 'kubernetes',
 * 'openssl', 'nft', 'ethtool'):
 *
 *   await using cluster = await startCluster();
 *   const [one, two] = cluster.nodes;
 *   const client = await one.runPod({ name: 'client' });
 *   const web = await two.runDeployment({ name: 'web', port: 8080 });
 *   const service = await cluster.addService({ name: 'web', port: 80, targetPort: 8080 });
 *   await exchangeTcp(client.namespace, { host: service.addresses.v4, port: 80, octets: 1000 });
 *
 * etcd, kube-apiserver, kube-controller-manager and kube-proxy are real. The test stands in for kubelet, the
 * scheduler and the network plugin. Programs of a Pod run in its namespace.
 */

export interface ClusterOptions {
  /** How kube-proxy translates, default nftables. `iptables` needs that program. */
  proxyMode?: 'nftables' | 'iptables';
  /** The zone of each node, and with that the number of nodes. */
  zones?: readonly string[];
  /** See `KubernetesOptions`. */
  users?: Readonly<Record<string, readonly string[]>>;
  options?: readonly string[];
  /** Of kube-controller-manager, beside the quiet ones. */
  controllers?: readonly string[];
}

export interface ServiceSpec {
  name: string;
  /** Default: `default`. */
  namespace?: string;
  port: number;
  targetPort: number;
  /** Default TCP. */
  protocol?: 'TCP' | 'UDP';
  portName?: string;
  /** Default: the Pods with label app=NAME. */
  selector?: Record<string, string>;
  type?: 'ClusterIP' | 'NodePort';
  /** For NodePort. */
  nodePort?: number;
  externalTrafficPolicy?: 'Cluster' | 'Local';
  /** No address: its name stands for the addresses of its Pods. */
  isHeadless?: boolean;
  /** Pods that it waits for, default 1. */
  endpoints?: number;
}

export interface RunningService {
  readonly object: ApiObject;
  /** Empty texts for a headless Service. */
  readonly addresses: { v4: string; v6: string };
}

/** Starts a cluster and waits until its nodes are ready. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const network = new ClusterNetwork();
  let kubernetes: Kubernetes | undefined;
  try {
    const control = await network.addControlPlane();
    const starting = startControlPlane(control, options);
    starting.catch(() => {}); // awaited below
    const { zones = ['zone-a', 'zone-b'] } = options;
    const sites: NodeSite[] = [];
    for (const at of zones.keys()) sites.push(await network.addNode(at + 1));
    const outside = await network.addOutside();
    kubernetes = await starting;
    const cluster = new Cluster(kubernetes, network, { control, outside });
    await cluster.addNodes(sites, options.proxyMode ?? 'nftables', zones);
    return cluster;
  } catch (error) {
    await kubernetes?.stop();
    await network.close();
    throw error;
  }
}

function startControlPlane(
  { namespace, addresses }: NetworkSite,
  options: ClusterOptions,
): Promise<Kubernetes> {
  const { users = {}, options: more = [], controllers = [] } = options;
  return startKubernetes({
    namespace,
    host: addresses.v4,
    port: 6443,
    advertiseAddress: addresses.v4,
    controllers: [...quietControllers, ...controllers],
    serviceRanges,
    users: { ...users, [ClusterNode.proxyUser]: [] },
    options: more,
  });
}

export class Cluster implements AsyncDisposable {
  readonly kubernetes: Kubernetes;
  /** The namespace of the control plane, which also routes. Other parts that are no Pods run there. */
  readonly control: NetworkSite;
  /** A host that is not in the cluster. */
  readonly outside: NetworkSite;
  readonly nodes: ClusterNode[] = [];
  readonly #network: ClusterNetwork;

  /** For `startCluster`. */
  constructor(
    kubernetes: Kubernetes,
    network: ClusterNetwork,
    { control, outside }: { control: NetworkSite; outside: NetworkSite },
  ) {
    this.kubernetes = kubernetes;
    this.#network = network;
    this.control = control;
    this.outside = outside;
  }

  get admin(): KubernetesApi {
    return this.kubernetes.admin;
  }

  /** For `startCluster`. */
  async addNodes(sites: readonly NodeSite[], mode: string, zones: readonly string[]): Promise<void> {
    for (const [at, site] of sites.entries()) {
      const node = new ClusterNode(site, this.kubernetes, (node) => this.#network.addPod(node));
      this.nodes.push(node);
      await node.register(zones[at]!);
      node.startProxy(mode);
    }
    for (const node of this.nodes) await node.proxyReady();
    await this.#accountOf('default');
  }

  /** Waits for the ServiceAccount of a namespace, without which the API server takes no Pods. */
  async #accountOf(namespace: string): Promise<void> {
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/default`;
    const isThere = async () => (await this.admin.send('GET', path)).status === 200;
    await until(`the ServiceAccount of ${namespace}`, isThere, patience);
  }

  /** Makes a namespace, and waits until Pods can be made in it. */
  async addNamespace(name: string): Promise<void> {
    await this.admin.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    await this.#accountOf(name);
  }

  /** Makes a Service of both families, and waits until it has its endpoints and kube-proxy knows them. */
  async addService(spec: ServiceSpec): Promise<RunningService> {
    const object = await this.admin.create(serviceOf(spec));
    await this.endpointsOf(spec.name, spec);
    const { clusterIPs = [] } = object.spec as { clusterIPs?: string[] };
    const [v4 = '', v6 = ''] = spec.isHeadless ? [] : clusterIPs;
    for (const node of this.nodes) {
      for (const address of [v4, v6].filter(Boolean))
        await node.translates(address, spec.port, spec.protocol ?? 'TCP');
    }
    return { object, addresses: { v4, v6 } };
  }

  /** Makes a Service whose selector finds no Pod. */
  async addEmptyService(name: string): Promise<RunningService> {
    const object = await this.admin.create(serviceOf({ name, port: 80, targetPort: 80 }));
    const [v4 = '', v6 = ''] = (object.spec as { clusterIPs?: string[] }).clusterIPs ?? [];
    return { object, addresses: { v4, v6 } };
  }

  /** Waits until the Service has as many ready endpoints of each family. */
  async endpointsOf(
    name: string,
    { namespace = 'default', endpoints = 1 }: Partial<ServiceSpec> = {},
  ): Promise<void> {
    const label = encodeURIComponent(`kubernetes.io/service-name=${name}`);
    const path = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices?labelSelector=${label}`;
    await until(
      `${endpoints} endpoints of ${namespace}/${name} in each family`,
      async () => {
        const slices = await this.admin.list<EndpointSlice>(path);
        return ['IPv4', 'IPv6'].every((family) => {
          const ready = slices
            .filter(({ addressType }) => addressType === family)
            .flatMap((slice) => slice.endpoints ?? [])
            .filter(({ conditions }) => conditions?.ready);
          return ready.length === endpoints;
        });
      },
      patience,
    );
  }

  async stop(): Promise<void> {
    for (const node of this.nodes) await node.stop();
    await this.kubernetes.stop();
    await this.#network.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

interface EndpointSlice {
  addressType: 'IPv4' | 'IPv6';
  endpoints?: { conditions?: { ready?: boolean } }[] | null;
}

function serviceOf(spec: ServiceSpec): ApiObject {
  const { name, namespace = 'default', port, targetPort, protocol = 'TCP', selector = { app: name } } = spec;
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: {
      type: spec.type ?? 'ClusterIP',
      ipFamilyPolicy: 'RequireDualStack',
      ipFamilies: ['IPv4', 'IPv6'],
      selector,
      ...(spec.isHeadless ? { clusterIP: 'None' } : {}),
      ...(spec.externalTrafficPolicy ? { externalTrafficPolicy: spec.externalTrafficPolicy } : {}),
      ports: [
        {
          port,
          targetPort,
          protocol,
          ...(spec.portName ? { name: spec.portName } : {}),
          ...(spec.nodePort ? { nodePort: spec.nodePort } : {}),
        },
      ],
    },
  };
}
