import type { SpoolOptions } from '../sinks/index.ts';
import type { FlowLinesOptions } from './flow-lines/index.ts';
import type { PushOptions } from './push/index.ts';

/** One Loki or VictoriaLogs, and what it is sent. Plain data, which a worker can be handed. */
export interface FlowLogOptions extends PushOptions, FlowLinesOptions {
  /** A batch is pushed when its entries have so many octets. Default 1 MiB. */
  readonly batchOctets?: number;
  /** … or when its first line has waited so long. Default 1,000. */
  readonly batchAgeMs?: number;
  /** Pushes at one time. Each stream has its lines in one of them, so that they stay in order. Default 4. */
  readonly concurrency?: number;
  /** Of lines that wait in memory. Default 64 MiB, with a spool 8 MiB. */
  readonly queueOctets?: number;
  /** Of this many flows that nothing denied one is logged, with its weight. Default 1. */
  readonly sampleOneOf?: number;
  /** Where lines wait on disk when there are more than fit into memory. */
  readonly spool?: Pick<SpoolOptions, 'directory' | 'maxOctets'>;
  /**
   * Lines that have waited longer, in memory or on disk, go to streams of their own, with the label
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
