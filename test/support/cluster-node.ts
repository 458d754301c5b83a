import { type NetworkSite, type NodeSite, podRanges } from './cluster-network.ts';
import { type Kubernetes, kubernetesCommand } from './kubernetes.ts';
import type { ApiObject } from './kubernetes-api.ts';
import type { NetworkNamespace } from './namespace.ts';
import type { Program } from './program.ts';
import type { Addresses } from './topology.ts';
import { until } from './until.ts';

export interface PodSpec {
  name: string;
  /** Default: `default`. */
  namespace?: string;
  /** Beside app=NAME. */
  labels?: Record<string, string>;
  /** Where its programs listen. */
  port?: number;
  /** It shares the node's network namespace and addresses. */
  hostNetwork?: boolean;
  serviceAccountName?: string;
}

export interface RunningPod extends NetworkSite {
  readonly name: string;
  readonly uid: string;
  /** As stored, with its status. */
  readonly object: ApiObject;
}

/** Several clusters may start at once on a busy machine. */
export const patience = { timeoutMs: 120_000, everyMs: 50 };

/** A node with its kube-proxy. The test acts as its kubelet and network plugin. */
export class ClusterNode {
  /** The user name that the API server's own rules give the rights of kube-proxy. */
  static readonly proxyUser = 'system:kube-proxy';
  readonly name: string;
  readonly #site: NodeSite;
  readonly #kubernetes: Kubernetes;
  readonly #addNetwork: (node: NodeSite) => Promise<NetworkSite>;
  #proxy: Program | undefined;
  #mode = '';

  constructor(site: NodeSite, kubernetes: Kubernetes, addNetwork: (node: NodeSite) => Promise<NetworkSite>) {
    this.#site = site;
    this.#kubernetes = kubernetes;
    this.#addNetwork = addNetwork;
    this.name = `node-${site.number}`;
  }

  get namespace(): NetworkNamespace {
    return this.#site.namespace;
  }

  get addresses(): Addresses {
    return this.#site.addresses;
  }

  /** The CIDRs of its Pods. */
  get podRanges(): Addresses {
    return this.#site.podRanges;
  }

  /** Makes the Node object with its status, as a kubelet does. */
  async register(zone: string): Promise<void> {
    const { podRanges: ranges } = this.#site;
    const labels = { 'kubernetes.io/hostname': this.name, 'topology.kubernetes.io/zone': zone };
    const object: ApiObject = {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: this.name, labels },
      spec: { podCIDR: ranges.v4, podCIDRs: [ranges.v4, ranges.v6] },
    };
    const { admin } = this.#kubernetes;
    const addresses = [this.addresses.v4, this.addresses.v6].map((address) => ({
      type: 'InternalIP',
      address,
    }));
    await admin.patchStatus(await admin.create(object), {
      addresses: [...addresses, { type: 'Hostname', address: this.name }],
      conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }],
      capacity: { pods: '110' },
      allocatable: { pods: '110' },
    });
  }

  /** Starts kube-proxy. A limit of 0 leaves the kernel's own, which belong to the whole machine. */
  startProxy(mode: string): void {
    this.#mode = mode;
    const { proxyUser } = ClusterNode;
    const kubeconfig = this.#kubernetes.kubeconfig(proxyUser, this.#kubernetes.tokenOf(proxyUser));
    const command = kubernetesCommand(
      'kube-proxy',
      `--kubeconfig=${kubeconfig}`,
      `--hostname-override=${this.name}`,
      `--proxy-mode=${mode}`,
      '--detect-local-mode=ClusterCIDR',
      `--cluster-cidr=${podRanges.join()}`,
      '--conntrack-max-per-core=0',
      '--conntrack-min=0',
      '--conntrack-tcp-timeout-established=0',
      '--conntrack-tcp-timeout-close-wait=0',
      '--healthz-bind-address=127.0.0.1:10256',
      '--metrics-bind-address=127.0.0.1:10249',
      '--iptables-min-sync-period=100ms',
    );
    this.#proxy = this.namespace.start(command);
  }

  async proxyReady(): Promise<void> {
    await until(
      `a ready kube-proxy on ${this.name}`,
      async () => {
        if (this.#proxy?.running === false) throw new Error(this.#proxy.account());
        const answer = await this.namespace.fetch('http://127.0.0.1:10256/healthz').catch(() => undefined);
        return answer?.status === 200;
      },
      patience,
    );
  }

  /** Waits until kube-proxy translates the Service's address, of either family, to an endpoint. */
  async translates(address: string, port: number, protocol: string): Promise<void> {
    const isIPv6 = address.includes(':');
    const [command, rule] =
      this.#mode === 'iptables'
        ? [[isIPv6 ? 'ip6tables-save' : 'iptables-save', '-t', 'nat'], `-d ${address}/.* -j KUBE-SVC-`]
        : [
            ['nft', 'list', 'map', isIPv6 ? 'ip6' : 'ip', 'kube-proxy', 'service-ips'],
            `${address} \\. ${protocol.toLowerCase()} \\. ${port} .*: goto service-`,
          ];
    const isThere = async () => new RegExp(rule).test(await this.namespace.run(command).catch(() => ''));
    await until(`the rule of ${address} on ${this.name}`, isThere, patience);
  }

  /** Runs a Pod on its own. */
  async runPod(spec: PodSpec): Promise<RunningPod> {
    const { name, namespace = 'default', labels } = spec;
    const metadata = { name, namespace, labels: { app: name, ...labels } };
    const object = await this.#kubernetes.admin.create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata,
      spec: this.#podSpec(spec),
    });
    return this.#run(object, spec);
  }

  /** Runs a Deployment with one Pod. The real controllers make its ReplicaSet and its Pod. */
  async runDeployment(spec: PodSpec): Promise<RunningPod> {
    const { name, namespace = 'default', labels } = spec;
    const { admin } = this.#kubernetes;
    const allLabels = { app: name, ...labels };
    await admin.create({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace },
      spec: {
        replicas: 1,
        selector: { matchLabels: allLabels },
        template: { metadata: { labels: allLabels }, spec: this.#podSpec(spec) },
      },
    });
    const path = `/api/v1/namespaces/${namespace}/pods?labelSelector=${encodeURIComponent(`app=${name}`)}`;
    const pod = await until(
      `the Pod of ${namespace}/${name}`,
      async () => {
        const pods = await admin.list(path);
        return pods.find(({ spec }) => (spec as { nodeName?: string }).nodeName === this.name);
      },
      patience,
    );
    return this.#run({ ...pod, apiVersion: 'v1', kind: 'Pod' }, spec); // a list leaves out both
  }

  /**
   * Takes a Pod that controllers made and nobody scheduled, and gives it a network. It is not ready before
   * `markReady`.
   */
  async takePod(pod: ApiObject): Promise<RunningPod> {
    const { name, namespace } = pod.metadata;
    const target = { apiVersion: 'v1', kind: 'Node', name: this.name };
    const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name, namespace }, target };
    await this.#kubernetes.admin.ask('POST', `/api/v1/namespaces/${namespace}/pods/${name}/binding`, binding);
    return this.#run({ ...pod, apiVersion: 'v1', kind: 'Pod' }, { name }, 'False');
  }

  /** As a kubelet after the probes of the Pod succeeded. */
  async markReady({ object, addresses }: RunningPod): Promise<void> {
    await this.#kubernetes.admin.patchStatus(object, this.#statusOf(object, addresses, 'True'));
  }

  async stop(): Promise<void> {
    await this.#proxy?.stop('SIGKILL');
  }

  #podSpec({ port, hostNetwork = false, serviceAccountName }: PodSpec): object {
    const ports = port === undefined ? {} : { ports: [{ containerPort: port }] };
    return {
      nodeName: this.name, // no scheduler runs
      hostNetwork,
      terminationGracePeriodSeconds: 0,
      ...(serviceAccountName ? { serviceAccountName } : {}),
      containers: [{ name: 'main', image: 'none', ...ports }],
    };
  }

  /** Gives a stored Pod a network, and the status that a kubelet reports. */
  async #run(
    object: ApiObject,
    { hostNetwork = false }: PodSpec,
    ready: 'True' | 'False' = 'True',
  ): Promise<RunningPod> {
    const { namespace, addresses } = hostNetwork ? this.#site : await this.#addNetwork(this.#site);
    const status = this.#statusOf(object, addresses, ready);
    const stored = await this.#kubernetes.admin.patchStatus(object, status);
    return { name: object.metadata.name, uid: object.metadata.uid!, object: stored, namespace, addresses };
  }

  #statusOf({ spec }: ApiObject, addresses: Addresses, ready: 'True' | 'False'): object {
    const now = `${new Date().toISOString().slice(0, 19)}Z`;
    const { containers } = spec as { containers: { name: string; image: string }[] };
    const conditions = ['PodReadyToStartContainers', 'Initialized', 'PodScheduled'];
    const condition = (type: string, status: string) => ({ type, status, lastTransitionTime: now });
    return {
      phase: 'Running',
      startTime: now,
      hostIP: this.addresses.v4,
      hostIPs: [{ ip: this.addresses.v4 }, { ip: this.addresses.v6 }],
      podIP: addresses.v4,
      podIPs: [{ ip: addresses.v4 }, { ip: addresses.v6 }],
      conditions: [
        ...conditions.map((type) => condition(type, 'True')),
        ...['ContainersReady', 'Ready'].map((type) => condition(type, ready)),
      ],
      containerStatuses: containers.map(({ name, image }) => ({
        name,
        image,
        imageID: '',
        ready: ready === 'True',
        started: true,
        restartCount: 0,
        state: { running: { startedAt: now } },
      })),
    };
  }
}
