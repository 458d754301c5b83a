import type { ClusterEvent } from '../../../src/flow/index.ts';
import {
  ClusterEvents,
  ClusterNames,
  type FollowedKind,
  joinedKinds,
  type KubernetesObject,
} from '../../../src/kubernetes/index.ts';
import { type AccountStatement, Ledger, Log } from '../../../src/runtime/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { BEGUN, timeText } from '../names/made-objects.ts';

const MAX_OCTETS = 2 ** 26;

/** When the bed starts: a minute after the time of made objects. */
export const STARTED = BEGUN + 60_000;

export interface EventBedOptions {
  readonly clusterId?: string;
  readonly stateDirectory?: string;
  readonly clock?: FakeClock;
  /** As of `ClusterEventsParts`. Default now: the API server is never away. */
  readonly seenMs?: (plural: string) => number | undefined;
}

/** The events of a cluster whose API server is the test. */
export class EventBed {
  readonly clock: FakeClock;
  readonly reported: ClusterEvent[] = [];
  readonly said: string[] = [];
  readonly #ledger = new Ledger();
  readonly #followed: readonly FollowedKind[];
  readonly #events: ClusterEvents;

  constructor({ clusterId, stateDirectory, clock = new FakeClock(STARTED), seenMs }: EventBedOptions = {}) {
    this.clock = clock;
    const names = new ClusterNames(clock);
    const log = new Log(clock, (line) => this.said.push(line));
    const emit = (event: ClusterEvent) => this.reported.push(event);
    const seen = seenMs ?? (() => clock.monotonic());
    const options = { clusterId, stateDirectory, maxObjectOctets: MAX_OCTETS, seenMs: seen };
    this.#events = new ClusterEvents({ names, clock, ledger: this.#ledger, log, emit, ...options });
    this.#followed = joinedKinds(names.followed, this.#events.followed);
  }

  start(): Promise<void> {
    return this.#events.start();
  }

  stop(): Promise<void> {
    return this.#events.stop();
  }

  get account(): AccountStatement {
    return this.#ledger.toJSON()[0]!;
  }

  /** Reasons of what was reported since the last call. */
  takeReasons(): string[] {
    return this.reported.splice(0).map(({ reason }) => reason);
  }

  /** Objects of a kind are new, or they have changed. */
  set(plural: string, ...objects: KubernetesObject[]): void {
    const { handler, reflected } = this.#kind(plural);
    for (const object of objects) handler.upsert(reflected.slim(object));
  }

  delete(plural: string, object: KubernetesObject): void {
    const { handler, reflected } = this.#kind(plural);
    handler.remove(reflected.slim(object));
  }

  /** A full list, which can be read once, as the reflector's. */
  list(plural: string, ...objects: KubernetesObject[]): void {
    const { handler, reflected } = this.#kind(plural);
    handler.replace(objects.map((object) => reflected.slim(object)).values());
    for (let turn = 0; turn < objects.length / 1_000 + 1; turn++) this.clock.advance(0);
  }

  /** What the reflector counts for an object, and keeps of it. */
  kept(plural: string, object: KubernetesObject): { item: unknown; octets: number } {
    const { slim, bound } = this.#kind(plural).reflected;
    const item = slim(object);
    return { item, octets: bound!.octetsOf(item) };
  }

  #kind(plural: string): FollowedKind {
    return this.#followed.find(({ reflected }) => reflected.kind.plural === plural)!;
  }
}

export interface MadeEvent {
  readonly uid?: string;
  readonly namespace?: string;
  readonly reason?: string;
  readonly type?: string;
  readonly message?: string;
  readonly count?: number;
  readonly lastMs?: number;
  readonly reporter?: string;
  readonly about?: object;
}

/** As kubelets write them. */
export function madeEvent(event: MadeEvent = {}): KubernetesObject {
  const { uid = 'event-1', namespace = 'shop', reason = 'BackOff', type = 'Warning', count = 1 } = event;
  const { lastMs = STARTED, reporter = 'kubelet', message = 'Back-off restarting failed container' } = event;
  const { about = { kind: 'Pod', namespace, name: 'web-0', uid: 'uid-web-0' } } = event;
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `web-0.${uid}`, namespace, uid, creationTimestamp: timeText(lastMs) },
    involvedObject: about,
    reason,
    type,
    message,
    count,
    firstTimestamp: timeText(BEGUN),
    lastTimestamp: timeText(lastMs),
    eventTime: null,
    source: { component: reporter, host: 'node-b' },
    reportingComponent: reporter,
  };
}

export interface MadeContainer {
  readonly name?: string;
  readonly startedMs?: number;
  /** The end of the present run. */
  readonly ended?: MadeEnd;
  /** … and of the run before. */
  readonly endedBefore?: MadeEnd;
  readonly restarts?: number;
}

export interface MadeEnd {
  readonly startedMs: number;
  readonly endedMs: number;
  readonly exitCode?: number;
  readonly reason?: string;
}

const terminated = ({ startedMs, endedMs, exitCode = 0, reason = 'Completed' }: MadeEnd) => ({
  terminated: { startedAt: timeText(startedMs), finishedAt: timeText(endedMs), exitCode, reason },
});

/** The status of a container, as kubelets write it. */
export const madeStatus = (container: MadeContainer): object => {
  const { name = 'app', startedMs, ended, endedBefore, restarts = 0 } = container;
  const waiting = { waiting: { reason: 'CrashLoopBackOff' } };
  const running = startedMs === undefined ? waiting : { running: { startedAt: timeText(startedMs) } };
  return {
    name,
    restartCount: restarts,
    state: ended === undefined ? running : terminated(ended),
    lastState: endedBefore === undefined ? {} : terminated(endedBefore),
  };
};

/** A Pod with its containers instead of its own. */
export const withContainers = (pod: KubernetesObject, ...containers: MadeContainer[]): KubernetesObject => ({
  ...pod,
  status: { ...(pod.status as object), containerStatuses: containers.map(madeStatus) },
});

export interface MadeDeployment {
  readonly replicas?: number;
  readonly revision?: string;
  readonly progress?: string;
  readonly createdMs?: number;
  readonly writtenMs?: number;
}

export function madeDeployment(deployment: MadeDeployment = {}): KubernetesObject {
  const { replicas = 2, revision = '1', progress = 'NewReplicaSetAvailable' } = deployment;
  const { createdMs = BEGUN, writtenMs = createdMs } = deployment;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: 'web',
      namespace: 'shop',
      uid: 'uid-deployment',
      creationTimestamp: timeText(createdMs),
      annotations: { 'deployment.kubernetes.io/revision': revision },
      managedFields: [{ manager: 'kubectl', time: timeText(writtenMs) }],
    },
    spec: { replicas },
    status: { conditions: [{ type: 'Progressing', reason: progress, message: `so it is: ${progress}` }] },
  };
}

export const madeReady = (node: KubernetesObject, status: string, changedMs: number): KubernetesObject => ({
  ...node,
  status: {
    conditions: [
      { type: 'MemoryPressure', status: 'False', lastTransitionTime: timeText(BEGUN) },
      {
        type: 'Ready',
        status,
        lastTransitionTime: timeText(changedMs),
        message: `Kubelet says ${status}.`,
      },
    ],
  },
});
