import type { FlowBatch } from './flow-batch.ts';

/**
 * Counts what flows carry as soon as it is known; a `FlowSink` gets whole records, and only when they are due.
 *
 * A flow goes by a number: small, dense, and given to another flow after `close`. What `classify` counts of
 * the first record and what `advance` adds sum, at any time, to what the flow's records say or will say in common: each octet
 * once, whichever node tells it. Nothing here may allocate or wait: it is called for every record.
 */
export interface FlowTally {
  /**
   * A record of the flow has been made; names may be known that were not before.
   * @param isFirst whether it is the flow's first: then its deltas are to be counted, which later ones' are not
   */
  classify(flow: number, batch: FlowBatch, row: number, isFirst: boolean): void;
  /** The flow has grown by so much since it was told last. Only after its first `classify`. */
  advance(flow: number, octets: number, packets: number, reverseOctets: number, reversePackets: number): void;
  /** The flow has left; its last record came before. */
  close(flow: number): void;
}
