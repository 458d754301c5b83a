import type { ClusterEvent } from './cluster-event.ts';

/** Kinds of events, and what they tell. */
export const eventKinds = {
  kubernetes: 'what happened to Pods, Nodes and other objects of a cluster',
  rollout: 'workloads that were scaled or rolled out',
  agent: 'exporters that came or went',
  process: 'starts, stops and changed settings of Weir',
  loss: 'times in which a part of Weir lost something',
  alert: 'alerts that began or ended, as Alertmanager told',
} as const;

export type EventKind = keyof typeof eventKinds;

export const eventKindNames = Object.keys(eventKinds) as readonly EventKind[];

/** Something that happened, as it is kept and answered: in a cluster, or to Weir itself. */
export interface KeptEvent extends Omit<ClusterEvent, 'timeMs' | 'identity'> {
  /** When it happened, in RFC 3339 with milliseconds. */
  readonly time: string;
  readonly kind: EventKind;
}

/** Events that were asked for. */
export interface EventsAnswer {
  /** The oldest first. */
  readonly events: readonly KeptEvent[];
  /** Whether there are older ones that match, too. */
  readonly isCut: boolean;
  /** All events of these kinds since then are kept, in RFC 3339; undefined if none is. */
  readonly keptSince?: string | undefined;
  /** Lines of the files that cannot be read. */
  readonly damagedLines: number;
  /** Files that somebody has deleted between others. */
  readonly missingFiles: number;
  /** Files that the system does not read: each with why, and what to do. Absent if all are read. */
  readonly unreadableFiles?: readonly string[];
}

/** An event as it is kept. The future is a clock that is ahead: then it happened now. */
export function keptEventOf({ identity: _, timeMs, ...event }: ClusterEvent, kind: EventKind, nowMs: number) {
  const isTime = timeMs >= 0 && timeMs <= nowMs;
  return { time: new Date(isTime ? timeMs : nowMs).toISOString(), kind, ...event } satisfies KeptEvent;
}

/** What it is about, in words: "Pod shop/cart-0". */
export function eventObjectText({ objectKind, objectName, names }: KeptEvent): string {
  const { sourcePodNamespace: namespace } = names;
  return `${objectKind} ${namespace === undefined ? '' : `${namespace}/`}${objectName}`;
}
