import type { FlowBatch } from './flow-batch.ts';

/**
 * Counts what flows carry as soon as it is known; a `FlowSink` gets whole records, and only when they are
 * due.
 *
 * A flow goes by a number: small, dense, and given to another flow after `close`. What `classify` counts of
 * the first record and what `advance` adds sum, at any time, to what the flow's records say or will say in
 * common: each octet once, whichever node tells it. Nothing here may allocate or wait: it is called for every
 * record.
 */
export interface FlowTally {
  /**
   * A record of the flow has been made.
   * @param now milliseconds since 1970
   * @param isFirst whether it is the flow's first: then its deltas are to be counted, which later ones' are
   * not
   * @param mayName whether it may tell what the record before did not: a name, an end, of what type the flow
   * is; so of the first
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
   * The flow has grown since it was told last. Only after its first `classify`.
   * @param growth octets, packets, and octets and packets that came back; filled anew for the next flow
   */
  advance(flow: number, growth: Float64Array): void;
  /** The flow has left; its last record came before. */
  close(flow: number): void;
}
