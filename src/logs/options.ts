import type { SpoolOptions } from '../sinks/index.ts';
import type { FlowLinesOptions } from './flow-lines/index.ts';
import type { PushOptions } from './push/index.ts';

/**
 * One Loki or VictoriaLogs, and what is sent to it. Plain data, which can be passed to a worker. Defaults are
 * those of `defaultFlowLogOptions`.
 */
export interface FlowLogOptions extends PushOptions, FlowLinesOptions {
  /** A batch is pushed once its entries have this many octets. */
  readonly batchOctets?: number;
  /** … or once its first line has waited this long. */
  readonly batchAgeMs?: number;
  /** Simultaneous pushes. Each stream is in one of them, so that its lines stay in order. */
  readonly concurrency?: number;
  /** Of lines that wait in memory. Default `defaultQueueOctets`. */
  readonly queueOctets?: number;
  /** One of this many flows is logged with its weight, and each denied flow. */
  readonly sampleOneOf?: number;
  /** Where lines wait on disk when memory is full. */
  readonly spool?: Pick<SpoolOptions, 'directory' | 'maxOctets'>;
  /**
   * Lines that have waited longer, in memory or on disk, go to separate streams with the label
   * replayed="true".
   */
  readonly replayApartMs?: number;
}

const MEBI = 1_048_576;

/** Octets of lines that wait in memory. With a spool, memory is only the way to the disk. */
export const defaultQueueOctets = (hasSpool: boolean): number => (hasSpool ? 8 : 64) * MEBI;

export const defaultFlowLogOptions = {
  batchOctets: MEBI,
  batchAgeMs: 1_000,
  concurrency: 4,
  sampleOneOf: 1,
  /** Half an hour before Loki would refuse them as too far behind the newest of their stream. */
  replayApartMs: 1_800_000,
} as const;
