import type { ClusterEvent } from '../../flow/index.ts';
import {
  type Account,
  type Clock,
  type Component,
  describeError,
  type Ledger,
  type Log,
} from '../../runtime/index.ts';
import { type KubernetesObject, type ResourceKind, resourceKinds } from '../client/index.ts';
import {
  type ClusterNames,
  expectWhole,
  type FollowedKind,
  type ObjectStore,
  StoreFeeder,
} from '../names/index.ts';
import type { Change } from './change.ts';
import {
  ChangedStates,
  type ChangedStatesOptions,
  type StatedObject,
  stateOctets,
} from './changed-states.ts';
import { EventFeeder } from './event-feeder.ts';
import { EventLimit } from './event-limit.ts';
import { type EventObject, eventOctets, isSaidByObject, slimEvent, withoutContent } from './event-object.ts';
import { changesOfNode, type NodeLife, slimNodeLife } from './node-life.ts';
import { ObjectNames } from './object-names.ts';
import { changesOfPod, type PodLife, slimPodLife } from './pod-life.ts';
import { ReportedEvents } from './reported-events.ts';
import { ReportedUntil } from './reported-until.ts';
import { changesOfWorkload, slimWorkload, type WorkloadKind, type WorkloadLife } from './workload-life.ts';

/** What an object that is kept must have. */
const IDENTIFIERS = 'a UID, a name and a namespace';

export interface ClusterEventsParts {
  readonly names: ClusterNames;
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly log: Log;
  /** Takes each event. */
  readonly emit: (event: ClusterEvent) => void;
  /** Of the configuration; by default that of the cluster. */
  readonly clusterId?: string | undefined;
  /** Memory for the objects of each kind. Those without room are not reported. */
  readonly maxObjectOctets: number;
  /** Where the times are kept up to which events were reported. Without it, a restart misses some. */
  readonly stateDirectory?: string | undefined;
  /**
   * Up to when all that happened to the objects of a kind has come, in monotonic time. Undefined before their
   * first list.
   */
  readonly seenMs: (plural: string) => number | undefined;
}

const NAME = 'cluster events';

/** Events are at the API server for an hour by default. */
const MOST_MISSED_MS = 3_600_000;

/** The API server writes whole seconds. */
const wholeSeconds = (ms: number, round: (value: number) => number): number => round(ms / 1_000) * 1_000;

/** What nobody needs to know again. */
const expectedDrops = ['before the start', 'known already', 'repeated', 'said by its object'];

/** What a change is about. */
type Subject = Pick<ClusterEvent, 'objectKind' | 'objectName' | 'names'> & {
  readonly uid: string;
  readonly namespace: string;
};

/**
 * What happens in a cluster: the Events that the API server has, and what the states of Pods, Nodes and
 * workloads show. Each is reported once. Something else follows `followed`, and tells the handlers what it
 * learns.
 *
 * Account `cluster events`: Events that came and changes that were seen, reported or dropped.
 */
export class ClusterEvents implements Component {
  readonly name = NAME;
  /** Of kinds that the names need as well, somebody must join the two. */
  readonly followed: readonly FollowedKind[];
  readonly #parts: ClusterEventsParts;
  readonly #account: Account;
  readonly #names: ObjectNames;
  readonly #until: ReportedUntil | undefined;
  readonly #limit = new EventLimit();
  /** By kind. What happened before is not reported, if the first state of an object shows it. */
  readonly #sinceMs = new Map<string, number>();
  #reported: ReportedEvents;
  readonly #eventFeeder: EventFeeder;
  readonly #feeders: StoreFeeder<StatedObject>[] = [];

  constructor(parts: ClusterEventsParts) {
    this.#parts = parts;
    const { stateDirectory } = parts;
    this.#until = stateDirectory === undefined ? undefined : new ReportedUntil(stateDirectory);
    const startMs = wholeSeconds(parts.clock.now(), Math.floor);
    this.#account = parts.ledger.open(NAME, 'events', undefined, { expectedDrops });
    this.#names = new ObjectNames(parts.names, parts.clusterId);
    this.#reported = new ReportedEvents(parts.clock, startMs);
    this.#eventFeeder = new EventFeeder(
      {
        take: (event, isListed) => this.#takeEvent(event, isListed),
        forget: (uid) => this.#reported.remove(uid),
        remembered: () => this.#reported.uids(),
      },
      parts.clock,
    );
    const { pods, nodes, deployments, statefulSets, daemonSets, events } = resourceKinds;
    const { maxObjectOctets: maxOctets } = parts;
    this.followed = [
      this.#follow(pods, slimPodLife, {
        report: (pod, before, sinceMs) => this.#reportPod(pod, changesOfPod(pod, before, sinceMs)),
        goesByTimes: true,
      }),
      this.#follow(nodes, slimNodeLife, {
        report: (node, before, sinceMs) => this.#reportNode(node, changesOfNode(node, before, sinceMs)),
        goesByTimes: false,
      }),
      this.#followWorkloads(deployments, 'Deployment'),
      this.#followWorkloads(statefulSets, 'StatefulSet'),
      this.#followWorkloads(daemonSets, 'DaemonSet'),
      {
        reflected: {
          kind: events,
          bound: { maxOctets, octetsOf: eventOctets },
          slim: (object) => this.#slimEvent(object),
        },
        handler: this.#eventFeeder,
      } satisfies FollowedKind<EventObject> as unknown as FollowedKind,
    ];
    for (const { reflected } of this.followed) this.#sinceMs.set(reflected.kind.plural, startMs);
  }

  /** Goes on where an earlier process ended. */
  async start(): Promise<void> {
    const { clock, log } = this.#parts;
    const now = clock.now();
    try {
      const until = await this.#until?.take();
      for (const plural of this.#sinceMs.keys()) {
        const untilMs = until?.(plural);
        if (untilMs === undefined || untilMs > now) continue;
        this.#sinceMs.set(plural, wholeSeconds(Math.max(untilMs, now - MOST_MISSED_MS), Math.ceil));
      }
      this.#reported = new ReportedEvents(clock, this.#since(resourceKinds.events.plural));
    } catch (error) {
      log.warn(NAME, `what happened before the start is not reported: ${describeError(error)}`);
    }
  }

  async stop(): Promise<void> {
    for (const feeder of this.#feeders) feeder.stop();
    this.#eventFeeder.stop();
    const { log } = this.#parts;
    try {
      await this.#until?.keep(this.#untilTimes());
    } catch (error) {
      log.warn(NAME, `the next start will not report what happened before it: ${describeError(error)}`);
    }
  }

  /** Of a kind that was away, what came after that is still to be reported: by the next process. */
  #untilTimes(): Map<string, number> {
    const { clock, seenMs } = this.#parts;
    const times = new Map<string, number>();
    for (const plural of this.#sinceMs.keys()) {
      const atMs = seenMs(plural);
      times.set(plural, atMs === undefined ? this.#since(plural) : clock.wallAt(atMs));
    }
    return times;
  }

  #follow<T extends StatedObject>(
    kind: ResourceKind,
    slim: (object: KubernetesObject) => T | undefined,
    options: Omit<ChangedStatesOptions<T>, 'sinceMs' | 'nowMs'>,
  ): FollowedKind {
    const times = { sinceMs: () => this.#since(kind.plural), nowMs: () => this.#parts.clock.now() };
    const states: ObjectStore<T> = new ChangedStates({ ...options, ...times });
    const handler = new StoreFeeder(states, this.#parts.clock);
    this.#feeders.push(handler as unknown as StoreFeeder<StatedObject>);
    const reflected = {
      kind,
      bound: { maxOctets: this.#parts.maxObjectOctets, octetsOf: stateOctets },
      slim: (object: KubernetesObject) => expectWhole(slim(object), IDENTIFIERS),
    };
    return { reflected, handler } satisfies FollowedKind<T> as unknown as FollowedKind;
  }

  /** A clock that was ahead at the start, and was set, silences nothing for as long as it was ahead. */
  #since(plural: string): number {
    const sinceMs = Math.min(this.#sinceMs.get(plural)!, wholeSeconds(this.#parts.clock.now(), Math.ceil));
    this.#sinceMs.set(plural, sinceMs);
    return sinceMs;
  }

  #followWorkloads(kind: ResourceKind, name: WorkloadKind): FollowedKind {
    return this.#follow(kind, slimWorkload(name), {
      report: (one, before, sinceMs) => this.#reportWorkload(one, changesOfWorkload(one, before, sinceMs)),
      goesByTimes: false,
    });
  }

  #slimEvent(object: KubernetesObject): EventObject {
    const event = expectWhole(slimEvent(object), IDENTIFIERS);
    return this.#reported.needs(event) ? event : withoutContent(event);
  }

  #reportPod(pod: PodLife, changes: readonly Change[]): void {
    if (changes.length === 0) return;
    const { uid, namespace, name, node } = pod;
    const names = this.#names.ofPod(uid, namespace, name, node);
    this.#reportAll(changes, { objectKind: 'Pod', objectName: name, uid, namespace, names });
  }

  #reportNode(node: NodeLife, changes: readonly Change[]): void {
    const { uid, name } = node;
    const names = this.#names.ofNode(name);
    this.#reportAll(changes, { objectKind: 'Node', objectName: name, uid, namespace: '', names });
  }

  #reportWorkload(workload: WorkloadLife, changes: readonly Change[]): void {
    if (changes.length === 0) return;
    const { uid, kind, namespace, name } = workload;
    const names = this.#names.ofWorkload(kind, namespace, name);
    this.#reportAll(changes, { objectKind: kind, objectName: name, uid, namespace, names });
  }

  #reportAll(changes: readonly Change[], { uid, namespace, ...subject }: Subject): void {
    for (const { timeMs, reason, isWarning = false, message, facts = {} } of changes) {
      this.#account.received++;
      this.#report(namespace, {
        ...subject,
        timeMs,
        identity: `${uid} ${reason} ${facts.container ?? ''}`,
        reason,
        type: isWarning ? 'Warning' : 'Normal',
        message,
        facts,
      });
    }
  }

  #takeEvent(event: EventObject, isListed: boolean): void {
    this.#account.received++;
    const silence = isSaidByObject(event) ? 'said by its object' : this.#reported.silence(event, isListed);
    if (silence !== undefined) {
      this.#account.drop(silence);
      return;
    }
    const { uid, namespace, timeMs, reason, type, message, count, reporter, about } = event;
    this.#report(namespace, {
      timeMs,
      identity: `${uid} ${count}`,
      reason,
      type,
      objectKind: about.kind,
      objectName: about.name,
      names: this.#names.ofEvent(event),
      message,
      facts: { ...(count > 1 && { count }), ...(reporter !== '' && { reporter }) },
    });
  }

  #report(namespace: string, event: ClusterEvent): void {
    const { clock, log, emit } = this.#parts;
    if (this.#limit.admits(namespace, clock.monotonic())) {
      this.#account.sent++;
      emit(event);
      return;
    }
    this.#account.drop('too many');
    log.limited(NAME, 'too many', `more events than Weir passes on, the last in namespace ${namespace}`);
  }
}
