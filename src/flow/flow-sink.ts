import type { FlowBatch } from './flow-batch.ts';

/**
 * Where flows go: Prometheus, Loki, a store, another collector, a terminal.
 *
 * A sink is made inert, started once and stopped once. It is handed one batch at a time: the next comes when
 * the promise of the last has settled, so a slow sink is slow for itself only (the queue in front of it is
 * bounded, and counts what it had to drop). A batch is read-only, and valid until the promise settles: then
 * its columns are filled anew, and who wants to keep records copies them.
 */
export interface FlowSink {
  /** Short and stable: it names the sink in the ledger. */
  readonly name: string;
  /** Whether what it hands records to takes them now; for a sink that goes on taking them meanwhile. */
  readonly isUp?: boolean;
  /**
   * Whether reports wait for it in the flow table while its queue is full, rather than be dropped. For a sink
   * that is slow for seconds at most, because meanwhile all others wait, too.
   */
  readonly isAwaited?: boolean;
  start(): Promise<void>;
  /**
   * Takes over the records of a batch. When it settles, each record is delivered, or counted by the
   * sink as dropped with a reason; a rejection means that the whole batch is lost, and is counted so.
   */
  write(batch: FlowBatch): Promise<void> | void;
  /** Hands on what it still holds, within the deadline, then lets go of its resources. */
  stop(deadlineMs: number): Promise<void>;
}
