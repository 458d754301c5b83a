import type { FlowBatch } from '../../src/flow/index.ts';
import { type FlowLogOptions, FlowLogSink } from '../../src/logs/index.ts';
import { Ledger, Log, systemClock } from '../../src/runtime/index.ts';
import type { LogReceiver } from './flow-logger.ts';
import { ShiftedClock } from './shifted-clock.ts';

/** Limits of Loki that let a test push as fast as it can. */
export const unhurried = {
  ingestion_rate_mb: 1_000,
  ingestion_burst_size_mb: 1_000,
  per_stream_rate_limit: '1GB',
  per_stream_rate_limit_burst: '1GB',
  max_global_streams_per_user: 100_000,
};

/**
 * Logs flows by the aggregator's sink; resolves when the server has taken all of them.
 * @param nowMs the present time, for flows of the past
 */
export async function logFlows(
  { url, server = 'loki' }: LogReceiver,
  batches: Iterable<FlowBatch>,
  options: Partial<FlowLogOptions> = {},
  nowMs?: number,
): Promise<void> {
  const ledger = new Ledger();
  const log = new Log(systemClock, () => {});
  const clock = nowMs === undefined ? systemClock : new ShiftedClock(nowMs - systemClock.now());
  const sink = new FlowLogSink('test', { url, server, ...options }, { clock, ledger, log });
  await sink.start();
  let rows = 0;
  for (const batch of batches) {
    rows += batch.length;
    await sink.write(batch);
  }
  await sink.stop(60_000);
  const { sent, events } = ledger.toJSON().find(({ unit }) => unit === 'lines')!;
  if (sent + (events['not sampled'] ?? 0) !== rows)
    throw new Error(`the server took ${sent} of ${rows} lines`);
}
