import { protocolNumber, RepeatedName } from '../../flow/index.ts';
import { labelsText } from './labels-text.ts';
import { type NamePool, noName } from './name-pool.ts';
import { controllerOf, listIn, objectIn, portIn, textIn, timeIn } from './object-reader.ts';
import { portKey } from './port-key.ts';

/**
 * What Weir keeps of a Pod. Times are milliseconds since 1970; NaN for none. Those that few Pods have are
 * undefined for none, because each NaN takes memory.
 */
export interface PodObject {
  readonly uid: string;
  readonly namespace: RepeatedName;
  readonly name: RepeatedName;
  /** Without a name until the Pod has a node. */
  readonly node: RepeatedName;
  /** Its own addresses: none in the network of its node. */
  readonly addresses: readonly string[];
  /** In the network of its node: the ports at which it says it listens, by `portKey`. */
  readonly hostPorts: readonly number[];
  /** When its network was ready, or an earlier time. */
  readonly startMs: number;
  /** Whether `startMs` is when its network was ready. */
  readonly isStartExact: boolean;
  readonly isReady: boolean;
  /** When that changed. */
  readonly readinessMs: number;
  /** When its deletion was asked for. */
  readonly terminatingMs: number | undefined;
  /** Its phase is Succeeded or Failed: no container will run again. */
  readonly isFinished: boolean;
  /** When its last container ended. */
  readonly finishedMs: number | undefined;
  readonly controllerKind: RepeatedName;
  readonly controllerName: RepeatedName;
  readonly controllerUid: RepeatedName;
  /** Name of the headless Service that gives the Pod its DNS name: that of its StatefulSet. */
  readonly subdomain: RepeatedName;
  /** Value of the label pod-template-hash. */
  readonly templateHash: RepeatedName;
  /** As a JSON object; no text when labels are not wanted. */
  readonly labels: RepeatedName;
}

export interface PodSlimming {
  readonly pool: NamePool;
  /** Whether labels are kept. */
  readonly labels: boolean;
  /** Keys of labels that are left out. */
  readonly labelsLeftOut: ReadonlySet<string>;
}

const MOST_ADDRESSES = 8;
const MOST_CONDITIONS = 64;
const MOST_CONTAINERS = 256;
const MOST_PORTS = 256;

/** Undefined when it is no Pod with a UID, a namespace and a name. */
export function slimPod(object: unknown, slimming: PodSlimming): PodObject | undefined {
  const [metadata, spec, status] = [
    objectIn(object, 'metadata'),
    objectIn(object, 'spec'),
    objectIn(object, 'status'),
  ];
  const [uid, namespace, name] = [
    textIn(metadata, 'uid'),
    textIn(metadata, 'namespace'),
    textIn(metadata, 'name'),
  ];
  if (uid === '' || namespace === '' || name === '') return undefined;
  const { pool } = slimming;
  const controller = controllerOf(object);
  const conditions = listIn(status, 'conditions', MOST_CONDITIONS);
  const networkReadyMs = timeWhenTrue(conditions, 'PodReadyToStartContainers');
  const ready = conditions.find((condition) => textIn(condition, 'type') === 'Ready');
  const phase = textIn(status, 'phase');
  const isFinished = phase === 'Succeeded' || phase === 'Failed';
  return {
    uid,
    namespace: pool.share(namespace),
    name: new RepeatedName(name),
    node: pool.share(textIn(spec, 'nodeName')),
    addresses: spec.hostNetwork === true ? [] : addressesIn(status),
    hostPorts: spec.hostNetwork === true ? hostPortsIn(spec) : noPorts,
    startMs: firstKnown(networkReadyMs, timeIn(status, 'startTime'), timeIn(metadata, 'creationTimestamp')),
    isStartExact: !Number.isNaN(networkReadyMs),
    isReady: textIn(ready, 'status') === 'True',
    readinessMs: timeIn(ready, 'lastTransitionTime'),
    terminatingMs: timeOrUndefined(terminatingTime(metadata)),
    isFinished,
    finishedMs: isFinished ? finishTime(status, conditions) : undefined,
    controllerKind: pool.share(controller?.kind ?? ''),
    controllerName: pool.share(controller?.name ?? ''),
    controllerUid: pool.share(controller?.uid ?? ''),
    subdomain: pool.share(textIn(spec, 'subdomain')),
    templateHash: pool.share(textIn(objectIn(metadata, 'labels'), 'pod-template-hash')),
    labels: slimming.labels
      ? pool.share(labelsText(objectIn(metadata, 'labels'), slimming.labelsLeftOut))
      : noName,
  };
}

function addressesIn(status: unknown): readonly string[] {
  const addresses = new Set(listIn(status, 'podIPs', MOST_ADDRESSES).map((each) => textIn(each, 'ip')));
  addresses.delete('');
  if (addresses.size > 0) return [...addresses];
  const address = textIn(status, 'podIP');
  return address === '' ? none : [address];
}

const timeOrUndefined = (timeMs: number): number | undefined => (Number.isNaN(timeMs) ? undefined : timeMs);

const none: readonly string[] = [];
const noPorts: readonly number[] = [];

/** Of containers that run all the time. Init containers that do have ports, too. */
function hostPortsIn(spec: unknown): readonly number[] {
  const sidecars = listIn(spec, 'initContainers', MOST_CONTAINERS).filter(
    (each) => textIn(each, 'restartPolicy') === 'Always',
  );
  const ports = [...listIn(spec, 'containers', MOST_CONTAINERS), ...sidecars].flatMap((container) =>
    listIn(container, 'ports', MOST_PORTS).flatMap((each) => {
      const protocol = protocolNumber(textIn(each, 'protocol') || 'TCP');
      const port = portIn(each, 'containerPort');
      return protocol === undefined || port === 0 ? [] : [portKey(protocol, port)];
    }),
  );
  return ports.length === 0 ? noPorts : [...new Set(ports)].slice(0, MOST_PORTS);
}

/** The first that is known, the surest first; 0 when none is. */
const firstKnown = (...timesMs: number[]): number => timesMs.find((time) => !Number.isNaN(time)) ?? 0;

function timeWhenTrue(conditions: readonly unknown[], type: string): number {
  const condition = conditions.find(
    (each) => textIn(each, 'type') === type && textIn(each, 'status') === 'True',
  );
  return timeIn(condition, 'lastTransitionTime');
}

/** When the deletion of an object was asked for. The timestamp says when the grace period ends. */
export function terminatingTime(metadata: unknown): number {
  const deletionMs = timeIn(metadata, 'deletionTimestamp');
  const graceSeconds = objectIn(metadata).deletionGracePeriodSeconds;
  return deletionMs - (typeof graceSeconds === 'number' ? graceSeconds * 1_000 : 0);
}

/**
 * When its last container ended; without containers, such as after an eviction, the last change of a
 * condition.
 */
function finishTime(status: unknown, conditions: readonly unknown[]): number | undefined {
  const containers = ['containerStatuses', 'initContainerStatuses'].flatMap((key) =>
    listIn(status, key, MOST_CONTAINERS),
  );
  const ended = latestOf(
    containers.map((each) => timeIn(objectIn(each, 'state', 'terminated'), 'finishedAt')),
  );
  return ended ?? latestOf(conditions.map((each) => timeIn(each, 'lastTransitionTime')));
}

const latestOf = (timesMs: readonly number[]): number | undefined => {
  const known = timesMs.filter((time) => !Number.isNaN(time));
  return known.length === 0 ? undefined : Math.max(...known);
};
