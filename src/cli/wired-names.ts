import type { ClusterEvent, FlowEnricher } from '../flow/index.ts';
import {
  ClusterEvents,
  ClusterFollower,
  ClusterNames,
  type ClusterNamesOptions,
  type FollowedState,
  isFollowed,
  joinedKinds,
  KubernetesEnricher,
  type KubernetesEnricherOptions,
  type KubernetesSettings,
} from '../kubernetes/index.ts';
import type { ClusterReadings } from '../metrics/index.ts';
import type { Clock, Component } from '../runtime/index.ts';
import type { Service } from './service.ts';

/**
 * Names of Kubernetes, wired: API server → follower → names → enricher. Events go from the follower to their
 * sinks. Empty without a cluster.
 */
export interface WiredNames {
  readonly components: readonly Component[];
  readonly enrichers: readonly FlowEnricher[];
  /** Whether a followed Pod, or node, had the address at a monotonic time. Undefined without a cluster. */
  readonly hasOwner?: (words: ArrayLike<number>, at: number, timeMs: number) => boolean;
  /** Undefined without a cluster. */
  readonly readings?: () => ClusterReadings;
  /** Keeps other labels of Pods from now on. */
  readonly changeLabels: (labels: boolean, omitted: readonly string[]) => void;
}

/**
 * Agents of all nodes that start at once spread their first lists over this time, but for those of their own
 * Pods. Meanwhile their records have addresses, which the aggregator names.
 */
export const AGENT_SPREAD_MS = 10_000;

/** What becomes of the events of the cluster. */
export interface EventOutlet {
  readonly emit: (event: ClusterEvent) => void;
  /** Of the configuration. */
  readonly clusterId: string | undefined;
  readonly stateDirectory: string | undefined;
}

/** How long an agent waits for the list of its Pods, and how often it looks. */
const FIRST_LIST_MS = 5_000;
const LOOK_MS = 20;

/** @param outlet for the events of the cluster, if somebody wants them */
export function wireNames(
  settings: KubernetesSettings,
  service: Service,
  options: ClusterNamesOptions & KubernetesEnricherOptions,
  outlet?: EventOutlet,
): WiredNames {
  if (!isFollowed(settings)) return { components: [], enrichers: [], changeLabels: () => {} };
  const { clock, ledger, log } = service;
  const { maxObjectOctets } = settings;
  const names = new ClusterNames(clock, { ...options, maxObjectOctets });
  const seenMs = (plural: string) => follower.seenMs(plural);
  const events =
    outlet && new ClusterEvents({ names, clock, ledger, log, maxObjectOctets, seenMs, ...outlet });
  const followed = events === undefined ? names.followed : joinedKinds(names.followed, events.followed);
  const spreadMs = options.isForAgent === true ? AGENT_SPREAD_MS : 0;
  const follower: ClusterFollower = new ClusterFollower(settings, {
    names,
    followed,
    clock,
    ledger,
    log,
    spreadMs,
  });
  service.remark(() => follower.states.flatMap(remarksOf));
  const firstList = options.isForAgent === true ? [firstListOf(follower, clock)] : [];
  return {
    components: [...(events === undefined ? [] : [events]), follower, ...firstList],
    enrichers: [new KubernetesEnricher(names, ledger, options)],
    hasOwner: (words, at, timeMs) => names.owners.find(words, at, 0, clock.wallAt(timeMs)) !== undefined,
    readings: () => ({
      held: names.held,
      followed: follower.states.map((state) => followedReadingOf(state, clock.monotonic())),
    }),
    changeLabels: (labels, omitted) => {
      names.keepLabels(labels, omitted);
      follower.listAgain('pods');
    },
  };
}

/**
 * Waits for what exists already, since an agent decides with the first record of a flow which ends its node
 * has. Without an API server it goes on after a while.
 */
function firstListOf(follower: ClusterFollower, clock: Clock): Component {
  const isKnown = () => follower.states.every(({ plural, isSynced }) => plural !== 'pods' || isSynced);
  return {
    name: 'kubernetes pods',
    start: async () => {
      const untilMs = clock.monotonic() + FIRST_LIST_MS;
      while (!isKnown() && clock.monotonic() < untilMs) await pauseOn(clock);
    },
    stop: async () => {},
  };
}

const pauseOn = (clock: Clock) => new Promise<void>((resolve) => clock.after(LOOK_MS, resolve));

/** Kinds that no flow is named by. */
const kindsOfEvents = ['events', 'deployments', 'statefulsets', 'daemonsets'];

/** Flows go on without the names, and so do events. */
const remarksOf = ({ plural, leftOut }: FollowedState): string[] => {
  const what = kindsOfEvents.includes(plural) ? 'the log of events lacks them' : 'flows lack their names';
  return leftOut === 0
    ? []
    : [`kubernetes ${plural}: ${leftOut} objects find no room, so ${what}: raise maxObjectOctets`];
};

const followedReadingOf = ({ plural, isSynced, staleSinceMs, leftOut }: FollowedState, nowMs: number) => ({
  kind: plural,
  isSynced,
  leftOut,
  staleSeconds: staleSinceMs === undefined ? 0 : (nowMs - staleSinceMs) / 1_000,
});
