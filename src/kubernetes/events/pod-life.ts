import { listIn, objectIn, terminatingTime, textIn, timeIn } from '../names/index.ts';
import { type Change, isNew } from './change.ts';

/** What events say about a Pod. Times are milliseconds since 1970; NaN for none. */
export interface PodLife {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly node: string;
  readonly containers: readonly ContainerLife[];
  /** When its deletion was asked for. */
  readonly deletedMs: number;
  /** The times of all that, by which a change is noticed. */
  readonly state: string;
  readonly latestMs: number;
}

/** The last start and the last end of a container. */
export interface ContainerLife {
  readonly name: string;
  readonly startedMs: number;
  readonly endedMs: number;
  readonly exitCode: number;
  /** By the container runtime: 'OOMKilled', 'Error', 'Completed'. */
  readonly reason: string;
  readonly restarts: number;
}

const MOST_CONTAINERS = 64;

/** Undefined when it is no Pod with a UID, a namespace and a name. */
export function slimPodLife(object: unknown): PodLife | undefined {
  const metadata = objectIn(object, 'metadata');
  const [uid, namespace, name] = ['uid', 'namespace', 'name'].map((key) => textIn(metadata, key));
  if (!uid || !namespace || !name) return undefined;
  const status = objectIn(object, 'status');
  const containers = ['initContainerStatuses', 'containerStatuses']
    .flatMap((key) => listIn(status, key, MOST_CONTAINERS))
    .map(containerLife);
  const deletedMs = terminatingTime(metadata);
  const node = textIn(objectIn(object, 'spec'), 'nodeName');
  const times = [deletedMs, ...containers.flatMap(({ startedMs, endedMs }) => [startedMs, endedMs])];
  return {
    ...{ uid, namespace, name, node, containers, deletedMs },
    state: stateOf(containers, deletedMs),
    latestMs: Math.max(...times.filter((time) => !Number.isNaN(time))),
  };
}

function containerLife(container: unknown): ContainerLife {
  const { restartCount } = objectIn(container);
  const running = objectIn(container, 'state', 'running');
  const [ended, endedBefore] = ['state', 'lastState'].map((key) => objectIn(container, key, 'terminated'));
  const end = Number.isNaN(timeIn(ended, 'finishedAt')) ? endedBefore : ended;
  const { exitCode } = objectIn(end);
  const starts = [running, ended, endedBefore].map((each) => timeIn(each, 'startedAt'));
  return {
    name: textIn(container, 'name'),
    startedMs: starts.find((time) => !Number.isNaN(time)) ?? Number.NaN,
    endedMs: timeIn(end, 'finishedAt'),
    exitCode: typeof exitCode === 'number' ? exitCode : 0,
    reason: textIn(end, 'reason'),
    restarts: typeof restartCount === 'number' ? restartCount : 0,
  };
}

const NONE = '-';

/** Short, because it is remembered for each Pod: "app,1767225600,-;1767229200". */
function stateOf(containers: readonly ContainerLife[], deletedMs: number): string {
  const texts = containers.map(
    ({ name, startedMs, endedMs }) => `${name},${secondsText(startedMs)},${secondsText(endedMs)}`,
  );
  return [...texts, secondsText(deletedMs)].join(';');
}

const secondsText = (ms: number): string => (Number.isNaN(ms) ? NONE : String(Math.floor(ms / 1_000)));

/** What happened to a Pod since an earlier state. */
export function changesOfPod(pod: PodLife, before: string | undefined, sinceMs: number): Change[] {
  const earlier = before?.split(';') ?? [];
  const containers = new Map(
    earlier.slice(0, -1).map((text) => {
      const [name = '', started = NONE, ended = NONE] = text.split(',');
      return [name, { started, ended }];
    }),
  );
  const changes: Change[] = [];
  for (const container of pod.containers) {
    const { started, ended } = containers.get(container.name) ?? { started: NONE, ended: NONE };
    const { startedMs, endedMs } = container;
    // The end of the run before comes first, as it happened.
    if (secondsText(endedMs) !== ended && isNew(endedMs, before, sinceMs))
      changes.push(endOf(container, pod));
    if (secondsText(startedMs) !== started && isNew(startedMs, before, sinceMs))
      changes.push(startOf(container));
  }
  const wasDeleted = (earlier.at(-1) ?? NONE) !== NONE;
  if (!wasDeleted && isNew(pod.deletedMs, before, sinceMs)) changes.push(deletionOf(pod));
  return changes.sort((one, other) => one.timeMs - other.timeMs);
}

const startOf = ({ name, startedMs, restarts }: ContainerLife): Change => ({
  timeMs: startedMs,
  reason: 'Started',
  message: restarts === 0 ? `container ${name} started` : `container ${name} started again`,
  facts: { container: name, ...(restarts > 0 && { restarts }) },
});

function endOf({ name, endedMs, exitCode, reason, restarts }: ContainerLife, { deletedMs }: PodLife): Change {
  const isFailure = exitCode !== 0 && Number.isNaN(deletedMs);
  return {
    timeMs: endedMs,
    reason: reason || (exitCode === 0 ? 'Completed' : 'Error'),
    isWarning: isFailure || reason === 'OOMKilled',
    message: `container ${name} ended with exit code ${exitCode}`,
    facts: { container: name, exitCode, ...(restarts > 0 && { restarts }) },
  };
}

const deletionOf = ({ deletedMs }: PodLife): Change => ({
  timeMs: deletedMs,
  reason: 'Deleted',
  message: 'the deletion of the Pod was asked for',
});
