import { objectIn, textIn, timeIn } from '../names/index.ts';

/** What is kept of an Event of the API server. Its texts are whatever its writer put there. */
export interface EventObject {
  readonly uid: string;
  /** Where it was written. Who may write there is up to RBAC. */
  readonly namespace: string;
  /** When it happened last, in milliseconds since 1970; 0 for no time. */
  readonly timeMs: number;
  readonly reason: string;
  readonly type: 'Normal' | 'Warning';
  readonly message: string;
  /** How often it has happened. */
  readonly count: number;
  /** Who says so: 'kubelet'. */
  readonly reporter: string;
  /** The node of the one who says so. */
  readonly host: string;
  /** What it is about. */
  readonly about: {
    readonly kind: string;
    readonly namespace: string;
    readonly name: string;
    readonly uid: string;
  };
}

/**
 * What is left of an Event that will not be reported. A busy API server shows tens of thousands of those in a
 * list, and they are held until its end.
 */
export const withoutContent = ({ uid, timeMs, count }: EventObject): EventObject => ({
  ...noContent,
  uid,
  timeMs,
  count,
});

const noContent = {
  namespace: '',
  reason: '',
  type: 'Normal',
  message: '',
  reporter: '',
  host: '',
  about: { kind: '', namespace: '', name: '', uid: '' },
} as const;

/** About how many octets an Event takes while a list is read. */
export const eventOctets = ({ uid, message, reporter }: EventObject): number =>
  300 + uid.length + 2 * message.length + (reporter === '' ? 0 : 600);

/** Characters. That is the API server's own limit for events of today's kind; others may have any length. */
const MOST_MESSAGE = 1_024;
const MOST_REASON = 128;
/** More is no text of a message, and is not looked at. */
const MOST_READ = 1_048_576;

/** Undefined when it has no UID, or is about nothing. */
export function slimEvent(object: unknown): EventObject | undefined {
  const metadata = objectIn(object, 'metadata');
  const [about, source, series] = ['involvedObject', 'source', 'series'].map((key) => objectIn(object, key));
  const [uid, kind] = [textIn(metadata, 'uid'), textIn(about, 'kind')];
  if (uid === '' || kind === '') return undefined;
  return {
    uid,
    namespace: textIn(metadata, 'namespace'),
    timeMs: lastTime(object, metadata, series),
    reason: textIn(object, 'reason', MOST_REASON) || 'Unknown',
    type: textIn(object, 'type') === 'Warning' ? 'Warning' : 'Normal',
    message: textIn(object, 'message', MOST_READ).slice(0, MOST_MESSAGE),
    count: Math.max(1, countIn(object), countIn(series)),
    reporter: textIn(object, 'reportingComponent') || textIn(source, 'component'),
    host: textIn(source, 'host'),
    about: {
      kind,
      namespace: textIn(about, 'namespace'),
      name: textIn(about, 'name'),
      uid: textIn(about, 'uid'),
    },
  };
}

/** Writers fill different ones of these. */
function lastTime(event: unknown, metadata: unknown, series: unknown): number {
  const times = [
    timeIn(series, 'lastObservedTime'),
    timeIn(event, 'lastTimestamp'),
    timeIn(event, 'eventTime'),
    timeIn(event, 'firstTimestamp'),
    timeIn(metadata, 'creationTimestamp'),
  ];
  return times.find((time) => !Number.isNaN(time)) ?? 0;
}

function countIn(from: unknown): number {
  const { count } = objectIn(from);
  return typeof count === 'number' && Number.isSafeInteger(count) ? count : 0;
}

/**
 * What the objects themselves say, and more surely: events get lost, and the API server limits how many
 * each writer may send.
 */
const saidByObjects: ReadonlyMap<string, readonly string[]> = new Map([
  ['Pod', ['Started']],
  ['Node', ['NodeReady', 'NodeNotReady']],
  ['Deployment', ['ScalingReplicaSet']],
]);

/** Whether the state of its object says the same. */
export const isSaidByObject = ({ about, reason, reporter }: EventObject): boolean =>
  (saidByObjects.get(about.kind) ?? []).includes(reason) && ownReporters.includes(reporter);

/** Kubernetes' own parts. An event of another writer may mean something else by the word. */
const ownReporters = ['kubelet', 'node-controller', 'deployment-controller'];
