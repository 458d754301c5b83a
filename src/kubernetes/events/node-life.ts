import { listIn, objectIn, textIn, timeIn } from '../names/index.ts';
import { type Change, isNew } from './change.ts';

/** What events say about a Node. */
export interface NodeLife {
  readonly uid: string;
  readonly name: string;
  /** The status of its condition Ready: 'True', 'False', 'Unknown'; empty without the condition. */
  readonly state: string;
  /** When that changed. */
  readonly latestMs: number;
  /** Why, by the kubelet or by the node controller. */
  readonly message: string;
}

const MOST_CONDITIONS = 64;
const MOST_MESSAGE = 4_096;

/** Undefined when it is no Node with a UID and a name. */
export function slimNodeLife(object: unknown): NodeLife | undefined {
  const metadata = objectIn(object, 'metadata');
  const [uid, name] = [textIn(metadata, 'uid'), textIn(metadata, 'name')];
  if (uid === '' || name === '') return undefined;
  const conditions = listIn(objectIn(object, 'status'), 'conditions', MOST_CONDITIONS);
  const ready = conditions.find((condition) => textIn(condition, 'type') === 'Ready');
  return {
    uid,
    name,
    state: textIn(ready, 'status'),
    latestMs: timeIn(ready, 'lastTransitionTime'),
    message: textIn(ready, 'message', MOST_MESSAGE) || textIn(ready, 'reason'),
  };
}

/** What happened to a Node since an earlier state. Not known to be ready counts as not ready. */
export function changesOfNode(node: NodeLife, before: string | undefined, sinceMs: number): Change[] {
  const { state, latestMs: timeMs, message } = node;
  const isReady = state === 'True';
  const isSame = before !== undefined && before !== '' && isReady === (before === 'True');
  if (state === '' || isSame || !isNew(timeMs, before, sinceMs)) return [];
  return [{ timeMs, reason: isReady ? 'NodeReady' : 'NodeNotReady', isWarning: !isReady, message }];
}
