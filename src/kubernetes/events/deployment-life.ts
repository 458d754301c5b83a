import { listIn, objectIn, textIn, timeIn } from '../names/index.ts';
import { type Change, isNew } from './change.ts';

/** What events say about a Deployment. */
export interface DeploymentLife {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  /** "3;2;NewReplicaSetAvailable": wanted replicas, revision, and how its roll-out goes. */
  readonly state: string;
  readonly createdMs: number;
  /** When it was last written. */
  readonly latestMs: number;
  /** What the controller says of the roll-out. */
  readonly message: string;
}

const MOST_CONDITIONS = 64;
const MOST_WRITERS = 64;
const MOST_MESSAGE = 4_096;
const REVISION = 'deployment.kubernetes.io/revision';

/** Undefined when it is no Deployment with a UID, a namespace and a name. */
export function slimDeploymentLife(object: unknown): DeploymentLife | undefined {
  const [metadata, status] = [objectIn(object, 'metadata'), objectIn(object, 'status')];
  const [uid, namespace, name] = ['uid', 'namespace', 'name'].map((key) => textIn(metadata, key));
  if (!uid || !namespace || !name) return undefined;
  const { replicas } = objectIn(object, 'spec');
  const conditions = listIn(status, 'conditions', MOST_CONDITIONS);
  const progress = conditions.find((condition) => textIn(condition, 'type') === 'Progressing');
  const revision = textIn(objectIn(metadata, 'annotations'), REVISION);
  const createdMs = timeIn(metadata, 'creationTimestamp') || 0;
  return {
    uid,
    namespace,
    name,
    state: [typeof replicas === 'number' ? replicas : 1, revision, textIn(progress, 'reason')].join(';'),
    createdMs,
    latestMs: Math.max(createdMs, ...timesOfWrites(metadata)),
    message: textIn(progress, 'message', MOST_MESSAGE),
  };
}

/** By the clock of the API server, which notes when each field was last written, and by whom. */
const timesOfWrites = (metadata: unknown): number[] =>
  listIn(metadata, 'managedFields', MOST_WRITERS)
    .map((each) => timeIn(each, 'time'))
    .filter((time) => !Number.isNaN(time));

/** The reasons of the condition Progressing that end a roll-out, as the Deployment controller has them. */
const DONE = 'NewReplicaSetAvailable';
const STUCK = 'ProgressDeadlineExceeded';

/** What happened to a Deployment since an earlier state. */
export function changesOfDeployment(
  deployment: DeploymentLife,
  before: string | undefined,
  sinceMs: number,
): Change[] {
  const { state, createdMs, latestMs: timeMs, message } = deployment;
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
    progress === DONE && isNewProgress && { timeMs, reason: 'RolloutComplete', message },
    progress === STUCK && isNewProgress && { timeMs, reason: 'RolloutFailed', isWarning: true, message },
  ].filter((change) => change !== false);
}
