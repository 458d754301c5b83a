import { listIn, objectIn, textIn, timeIn } from '../names/index.ts';
import { type Change, isNew } from './change.ts';

/** What events say about a Deployment, a StatefulSet or a DaemonSet. */
export interface WorkloadLife {
  readonly uid: string;
  readonly kind: WorkloadKind;
  readonly namespace: string;
  readonly name: string;
  /** "3;2;complete": wanted replicas, revision, and how its roll-out goes. Each may be empty. */
  readonly state: string;
  readonly createdMs: number;
  /** When it was last written. */
  readonly latestMs: number;
  /** What the controller says of the roll-out. */
  readonly message: string;
}

export type WorkloadKind = keyof typeof readers;

type Progress = 'complete' | 'failed' | 'under way' | '';

interface RollOut {
  readonly revision: string;
  readonly progress: Progress;
  readonly message?: string;
}

const MOST_CONDITIONS = 64;
const MOST_WRITERS = 64;
const MOST_MESSAGE = 4_096;

/** How the controller of each kind shows a roll-out. */
const readers = {
  Deployment(object: unknown): RollOut {
    const conditions = listIn(objectIn(object, 'status'), 'conditions', MOST_CONDITIONS);
    const progressing = conditions.find((condition) => textIn(condition, 'type') === 'Progressing');
    return {
      revision: textIn(objectIn(object, 'metadata', 'annotations'), 'deployment.kubernetes.io/revision'),
      progress: progressOfReason.get(textIn(progressing, 'reason')) ?? 'under way',
      message: textIn(progressing, 'message', MOST_MESSAGE),
    };
  },

  /** Its controller makes the revision of the update the current one when all Pods have it. */
  StatefulSet(object: unknown): RollOut {
    const status = objectIn(object, 'status');
    const revision = textIn(status, 'updateRevision');
    const isComplete = revision !== '' && revision === textIn(status, 'currentRevision');
    return { revision, progress: isComplete ? 'complete' : 'under way' };
  },

  /** A node that joins looks like a roll-out that goes on, so its end is not known. */
  DaemonSet: (object: unknown): RollOut => ({
    revision: textIn(objectIn(object, 'metadata', 'annotations'), 'deprecated.daemonset.template.generation'),
    progress: '',
  }),
};

const progressOfReason: ReadonlyMap<string, Progress> = new Map([
  ['NewReplicaSetAvailable', 'complete'],
  ['ProgressDeadlineExceeded', 'failed'],
]);

/** Takes what is needed out of an object of a kind; undefined without a UID, a namespace and a name. */
export const slimWorkload =
  (kind: WorkloadKind) =>
  (object: unknown): WorkloadLife | undefined => {
    const metadata = objectIn(object, 'metadata');
    const [uid, namespace, name] = ['uid', 'namespace', 'name'].map((key) => textIn(metadata, key));
    if (!uid || !namespace || !name) return undefined;
    const { revision, progress, message = '' } = readers[kind](object);
    const { replicas } = objectIn(object, 'spec');
    const createdMs = timeIn(metadata, 'creationTimestamp') || 0;
    return {
      ...{ uid, kind, namespace, name, createdMs, message },
      state: [typeof replicas === 'number' ? replicas : '', revision.replaceAll(';', ''), progress].join(';'),
      latestMs: Math.max(createdMs, ...timesOfWrites(metadata)),
    };
  };

/** By the clock of the API server, which notes when each field was last written, and by whom. */
const timesOfWrites = (metadata: unknown): number[] =>
  listIn(metadata, 'managedFields', MOST_WRITERS)
    .map((each) => timeIn(each, 'time'))
    .filter((time) => !Number.isNaN(time));

/** What happened to a workload since an earlier state. */
export function changesOfWorkload(
  workload: WorkloadLife,
  before: string | undefined,
  sinceMs: number,
): Change[] {
  const { state, createdMs, latestMs: timeMs, message } = workload;
  if (!isNew(createdMs, before, sinceMs)) return [];
  const [replicas, revision, progress] = state.split(';');
  const [replicasBefore, revisionBefore, progressBefore] = before?.split(';') ?? [replicas, '', ''];
  const isRollOut = revision !== '' && revision !== revisionBefore;
  const isNewProgress = progress !== progressBefore || isRollOut;
  return [
    replicas !== replicasBefore && {
      timeMs,
      reason: 'Scaled',
      message: `scaled from ${replicasBefore} to ${replicas} replicas`,
      facts: { replicas: Number(replicas) },
    },
    isRollOut && {
      timeMs,
      reason: 'RolloutStarted',
      message: `the roll-out of revision ${revision} started`,
      facts: { revision: revision! },
    },
    progress === 'complete' &&
      isNewProgress && {
        timeMs,
        reason: 'RolloutComplete',
        message: message || `the roll-out of revision ${revision} is complete`,
        facts: { revision: revision! },
      },
    progress === 'failed' && isNewProgress && { timeMs, reason: 'RolloutFailed', isWarning: true, message },
  ].filter((change) => change !== false);
}
