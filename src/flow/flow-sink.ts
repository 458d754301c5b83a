import type { FlowBatch } from './flow-batch.ts';

/**
 * Where flows go: Prometheus, Loki, a store, another collector, a terminal.
 * A sink's constructor does nothing yet; the sink is started once and stopped once. It gets one batch at a
 * time: the next follows when the promise of the last has settled. So a slow sink is slow for itself only:
 * the queue in front of it is bounded and counts what it drops. A batch is read-only and valid until the
 * promise settles. Then its columns are refilled, so a sink that keeps records copies them.
 */
export interface FlowSink {
  /** Short and stable; the ledger shows it. */
  readonly name: string;
  /** Whether its receiver takes records now; for a sink that buffers them meanwhile. */
  readonly isUp?: boolean;
  /** When the certificate that it shows its receiver expires, in milliseconds since 1970. */
  readonly certificateExpiryMs?: number | undefined;
  /**
   * Whether reports wait in the flow table while the queue of this sink is full, instead of being dropped.
   * Only for a sink that is slow for seconds at most, because all others wait with it.
   */
  readonly isAwaited?: boolean;
  start(): Promise<void>;
  /**
   * Takes over the records of a batch. When the promise resolves, the sink has delivered each record or
   * counted it as dropped with a reason. A rejection means that the whole batch is lost, and counts as that.
   */
  write(batch: FlowBatch): Promise<void> | void;
  /** Delivers what it still holds within the deadline, then releases its resources. */
  stop(deadlineMs: number): Promise<void>;
}
