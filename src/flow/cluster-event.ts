import type { FieldName } from './fields.ts';

/** Names that an event may have. It is about one object, so they are those of the source of a flow. */
export type EventNames = Partial<Record<FieldName, string>>;

/** Something that happened in a cluster, with the field names that flows have for the same things. */
export interface ClusterEvent {
  /** When it happened, in milliseconds since 1970. */
  readonly timeMs: number;
  /** The same for the same event in every process: it tells events of one millisecond apart. */
  readonly identity: string;
  /** One word, as Kubernetes has it: 'OOMKilled', 'BackOff'. */
  readonly reason: string;
  readonly type: 'Normal' | 'Warning';
  /** The object: 'Pod', … */
  readonly objectKind: string;
  /** … and its name. */
  readonly objectName: string;
  /** Its namespace, Pod, node and workload, as those of the source of a flow. */
  readonly names: EventNames;
  /** A sentence. It comes from outside, so it may have any characters. */
  readonly message: string;
  /** What else is known, by short names: { container: 'app', exitCode: 137 }. */
  readonly facts: Readonly<Record<string, string | number>>;
}

/** Where events of a cluster go. It never waits: what has no room is dropped and counted. */
export interface EventSink {
  /** Short and stable; the ledger shows it. */
  readonly name: string;
  start(): Promise<void>;
  write(event: ClusterEvent): void;
  /** Delivers what it still holds within the deadline, then releases its resources. */
  stop(deadlineMs: number): Promise<void>;
}
