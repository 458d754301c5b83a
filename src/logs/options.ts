import type { SpoolOptions } from '../sinks/index.ts';
import type { FlowLinesOptions } from './flow-lines/index.ts';
import type { PushOptions } from './push/index.ts';

/** One Loki or VictoriaLogs, and what is sent to it. Plain data, which can be passed to a worker. */
export interface FlowLogOptions extends PushOptions, FlowLinesOptions {
  /** A batch is pushed once its entries have this many octets. Default 1 MiB. */
  readonly batchOctets?: number;
  /** … or once its first line has waited this long. Default 1,000. */
  readonly batchAgeMs?: number;
  /** Simultaneous pushes. Each stream is in one of them, so that its lines stay in order. Default 4. */
  readonly concurrency?: number;
  /** Of lines that wait in memory. Default 64 MiB, with a spool 8 MiB. */
  readonly queueOctets?: number;
  /** One of this many flows is logged with its weight, and each denied flow. Default 1. */
  readonly sampleOneOf?: number;
  /** Where lines wait on disk when memory is full. */
  readonly spool?: Pick<SpoolOptions, 'directory' | 'maxOctets'>;
  /**
   * Lines that have waited longer, in memory or on disk, go to separate streams with the label
   * replayed="true". Default 30 minutes.
   */
  readonly replayApartMs?: number;
}

export const defaultFlowLogOptions = {
  batchOctets: 1_048_576,
  batchAgeMs: 1_000,
  concurrency: 4,
  sampleOneOf: 1,
  /** Half an hour before Loki would refuse them as too far behind the newest of their stream. */
  replayApartMs: 1_800_000,
} as const;
