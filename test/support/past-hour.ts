import { type Clock, systemClock } from '../../src/runtime/index.ts';
import { History } from '../../src/store/index.ts';
import { FlowCorpus } from './flow-corpus.ts';

/** How long the records go on: a question about the last hour reads all of them. */
const LENGTH_S = 3_500;
const ROWS_A_BATCH = 20;

export interface PastHourOptions {
  readonly workloads: number;
  readonly recordsPerSecond: number;
}

/** A history with flows of the last hour, each stored at the time that it has. */
export async function storePastHour(
  directory: string,
  { workloads, recordsPerSecond }: PastHourOptions,
): Promise<void> {
  const startMs = Date.now() - LENGTH_S * 1_000;
  let nowMs = startMs;
  const clock: Clock = {
    now: () => nowMs,
    monotonic: () => systemClock.monotonic(),
    wallAt: (monotonicMs) => systemClock.wallAt(monotonicMs),
    after: (delayMs, callback) => systemClock.after(delayMs, callback),
    every: (periodMs, callback) => systemClock.every(periodMs, callback),
  };
  await using history = await History.open({
    directory,
    maxOctets: 1e9,
    maxAgeMs: 1e9,
    clock,
    onTrouble: (kind, text) => {
      throw new Error(`${kind}: ${text}`);
    },
  });
  const corpus = new FlowCorpus({
    records: LENGTH_S * recordsPerSecond,
    workloads,
    startMs,
    recordsPerSecond,
    rowsPerBatch: ROWS_A_BATCH,
  });
  for (const batch of corpus.batches()) {
    await history.append(batch);
    nowMs += (ROWS_A_BATCH / recordsPerSecond) * 1_000;
  }
}
