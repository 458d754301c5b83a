import type { RepeatedName } from '../../flow/index.ts';
import type { Clock, Component } from '../../runtime/index.ts';
import {
  type KubernetesObject,
  type ReflectedKind,
  type ReflectorHandler,
  type ResourceKind,
  resourceKinds,
} from '../client/index.ts';
import type { AddressOwner } from './address-owner.ts';
import { slimController } from './controller-object.ts';
import { slimEndpointSlice } from './endpoint-slice-object.ts';
import { HeadlessServices } from './headless-services.ts';
import { KubeSystem, slimNamespace } from './kube-system.ts';
import { labelsOfControllers } from './labels-text.ts';
import { NamePool } from './name-pool.ts';
import { NameRows } from './name-rows.ts';
import { slimNode } from './node-object.ts';
import { Nodes } from './nodes.ts';
import {
  controllerOctets,
  endpointSliceOctets,
  namespaceOctets,
  nodeOctets,
  podOctets,
  serviceOctets,
} from './object-octets.ts';
import { expectWhole } from './object-reader.ts';
import type { ObjectStore } from './object-store.ts';
import { aggregatorKubernetesOptions } from './options.ts';
import { type PodSlimming, slimPod } from './pod-object.ts';
import { Pods } from './pods.ts';
import { slimService } from './service-object.ts';
import { Services } from './services.ts';
import { StoreFeeder } from './store-feeder.ts';
import { TimedIndex } from './timed-index.ts';
import { Workloads } from './workloads.ts';

/** What an object that is kept must have. */
const IDENTIFIERS = 'a UID and a name';

const FORGET_PERIOD_MS = 30_000;

export interface ClusterNamesOptions {
  /** Follows only this node's Pods, and of other objects what these need. Default: the whole cluster. */
  readonly nodeName?: string | undefined;
  /** Whether Pods keep their labels. */
  readonly labels?: boolean;
  /** Keys of labels that are left out. Default `labelsOfControllers`. */
  readonly labelsLeftOut?: readonly string[];
  /** Memory for the objects of each kind. Default that of an aggregator. */
  readonly maxObjectOctets?: number;
}

/** One kind of object to follow, and who takes it. */
export interface FollowedKind<T = unknown> {
  readonly reflected: ReflectedKind<T>;
  readonly handler: ReflectorHandler<T>;
  /** It is asked for at once, though others are spread: it is small. Default false. */
  readonly isUrgent?: boolean;
}

/** What is held of each kind, for metrics. */
export interface HeldObjects {
  /** As in paths: 'pods'; or 'remembered pods'. */
  readonly kind: string;
  readonly objects: number;
  /** Full lists that have gone in. */
  readonly lists: number;
}

/** The objects of one kind. */
interface FedStore {
  readonly kind: string;
  readonly store: Pick<ObjectStore<never>, 'size' | 'forget'>;
  readonly feeder: Pick<StoreFeeder<never>, 'lists' | 'isPartial' | 'stop'>;
}

/**
 * Who owns an address at a time, and which Service is behind an address and port: what the API server has
 * told so far. It asks nobody by itself. Something else follows `followed`, and tells the handlers what it
 * learns.
 */
export class ClusterNames implements Component {
  readonly name = 'kubernetes names';
  readonly pods: Pods;
  readonly nodes: Nodes;
  readonly services: Services;
  readonly headless: HeadlessServices;
  readonly workloads: Workloads;
  readonly kubeSystem = new KubeSystem();
  /** By address; and Pods in the network of their node by its `portsKey` and their port. */
  readonly owners: TimedIndex<AddressOwner>;
  /** Of the entries of `owners`. */
  readonly rows: NameRows;
  /** The kinds of objects that somebody must follow. */
  readonly followed: readonly FollowedKind[];
  readonly #clock: Clock;
  readonly #pool = new NamePool();
  readonly #stores: FedStore[] = [];
  readonly #maxObjectOctets: number;
  #slimming: PodSlimming;
  #stopForgetting = () => {};

  constructor(clock: Clock, options: ClusterNamesOptions = {}) {
    const { nodeName, labels = false, labelsLeftOut = labelsOfControllers } = options;
    this.#maxObjectOctets = options.maxObjectOctets ?? aggregatorKubernetesOptions.maxObjectOctets.default;
    this.owners = new TimedIndex(clock.now());
    const [owners, pool] = [this.owners, this.#pool];
    this.#clock = clock;
    this.workloads = new Workloads(pool);
    this.rows = new NameRows({ owners, workloads: this.workloads });
    const { rows } = this;
    this.nodes = new Nodes({ clock, owners, rows, pool });
    this.pods = new Pods({ clock, owners, rows, nodes: this.nodes });
    this.services = new Services(clock);
    this.headless = new HeadlessServices(clock);
    this.#slimming = { pool, labels, labelsLeftOut: new Set(labelsLeftOut) };
    const ofNode = nodeName === undefined ? {} : { fieldSelector: `spec.nodeName=${nodeName}` };
    const { pods, services, endpointSlices, namespaces, nodes, replicaSets, jobs } = resourceKinds;
    const slimOfPod = (object: KubernetesObject) => slimPod(object, this.#slimming);
    const always = [
      // Without its own Pods an agent does not know which ends its node has.
      { ...this.#follow(pods, this.pods, slimOfPod, podOctets, ofNode), isUrgent: nodeName !== undefined },
      this.#follow(services, this.services, slimService, serviceOctets),
      this.#follow(
        endpointSlices,
        this.headless,
        (object) => slimEndpointSlice(object, nodeName),
        endpointSliceOctets,
        { labelSelector: 'service.kubernetes.io/headless' },
      ),
    ];
    const metadata = { isMetadataOnly: true };
    const ofCluster = () => [
      this.#follow(nodes, this.nodes, slimNode, nodeOctets),
      this.#follow(namespaces, this.kubeSystem, slimNamespace, namespaceOctets, {
        fieldSelector: 'metadata.name=kube-system',
        ...metadata,
      }),
      this.#follow(replicaSets, this.workloads.store(), slimController, controllerOctets, metadata),
      this.#follow(jobs, this.workloads.store(), slimController, controllerOctets, metadata),
    ];
    this.followed = nodeName === undefined ? [...always, ...ofCluster()] : always;
  }

  /**
   * Whether every object of every kind is known, so that an address without an owner is outside the cluster.
   */
  get isComplete(): boolean {
    return this.#stores.every(({ feeder }) => feeder.lists > 0 && !feeder.isPartial);
  }

  /** The UID of Namespace kube-system, which stands for the cluster; undefined while unknown. */
  get clusterId(): RepeatedName | undefined {
    return this.kubeSystem.uid;
  }

  /** Which labels are kept of Pods that are told of from now on. */
  keepLabels(labels: boolean, labelsLeftOut: readonly string[]): void {
    this.#slimming = { ...this.#slimming, labels, labelsLeftOut: new Set(labelsLeftOut) };
  }

  get held(): readonly HeldObjects[] {
    return [
      ...this.#stores.map(({ kind, store, feeder }) => ({ kind, objects: store.size, lists: feeder.lists })),
      { kind: 'remembered pods', objects: this.pods.remembered, lists: 0 },
    ];
  }

  async start(): Promise<void> {
    this.#stopForgetting = this.#clock.every(FORGET_PERIOD_MS, () => {
      for (const { store } of this.#stores) store.forget();
    });
  }

  async stop(): Promise<void> {
    this.#stopForgetting();
    for (const { feeder } of this.#stores) feeder.stop();
  }

  #follow<T extends { readonly uid: string }>(
    kind: ResourceKind,
    store: ObjectStore<T>,
    slim: (object: KubernetesObject) => T | undefined,
    octetsOf: (object: T) => number,
    more: Partial<ReflectedKind<T>> = {},
  ): FollowedKind {
    const handler = new StoreFeeder(store, this.#clock);
    this.#stores.push({ kind: kind.plural, store, feeder: handler });
    const bound = { maxOctets: this.#maxObjectOctets, octetsOf };
    const reflected = {
      kind,
      ...more,
      bound,
      slim: (object: KubernetesObject) => expectWhole(slim(object), IDENTIFIERS),
    };
    return { reflected, handler } as FollowedKind<T> as unknown as FollowedKind;
  }
}
