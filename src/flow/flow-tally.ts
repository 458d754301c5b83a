import type { FlowBatch } from './flow-batch.ts';

/**
 * Counts the traffic of flows as soon as it is known; a `FlowSink` gets whole records, and only when they are
 * due.
 *
 * Flows have numbers: small, dense, and reused after `close`. The count of the first record, from `classify`,
 * plus what `advance` adds equals the total of the flow's records at any time. It counts each octet once,
 * whichever node reports it. Nothing here may allocate or wait: it is called for every record.
 */
export interface FlowTally {
  /**
   * The flow has a new record.
   * @param now milliseconds since 1970
   * @param isFirst the first record of the flow: only its deltas are counted
   * @param mayName the record may have what the one before had not: a name, an end, the flow type; true for
   * the first
   */
  classify(
    flow: number,
    batch: FlowBatch,
    row: number,
    now: number,
    isFirst: boolean,
    mayName: boolean,
  ): void;
  /**
   * The flow has grown since the last call. Only after its first `classify`.
   * @param growth octets, packets, reverse octets, reverse packets; refilled for the next flow
   */
  advance(flow: number, growth: Float64Array): void;
  /** The flow has ended; its last record came before. */
  close(flow: number): void;
}
