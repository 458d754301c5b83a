import type { FlowBatch } from '../../src/flow/index.ts';
import type { FlowLogOptions } from '../../src/logs/index.ts';
import { FlowCorpus } from '../../test/support/flow-corpus.ts';
import type { BenchRow } from '../measure.ts';
import { sendAll } from './sending.ts';

const MINUTE_MS = 60_000;
/** Flows of the corpus, which is sent repeatedly, with present times. */
const ROUND = 30_000;

/** The result of a minute of flows. */
export interface Minute {
  readonly lines: number;
  /** From the first flow to the answer to the last push. */
  readonly seconds: number;
  /** Of this process. */
  readonly cpuSeconds: number;
  /** Of all threads but the main one: the sink's, and those that collect its garbage. */
  readonly sinkCpuSeconds: number;
}

/**
 * Logs flows for a minute, as many as a sink in its own thread takes.
 * @throws when the server has not taken all
 */
export async function minuteOfFlows(options: FlowLogOptions): Promise<Minute> {
  const batches = [...new FlowCorpus({ records: ROUND, startMs: Date.now() }).batches()];
  const [cpu, mainCpu] = [process.cpuUsage(), process.threadCpuUsage()];
  const startedAt = performance.now();
  const lines = await sendAll(options, againAndAgain(batches));
  const seconds = (performance.now() - startedAt) / 1000;
  const cpuSeconds = secondsOf(process.cpuUsage(cpu));
  const mainCpuSeconds = secondsOf(process.threadCpuUsage(mainCpu));
  return { lines, seconds, cpuSeconds, sinkCpuSeconds: cpuSeconds - mainCpuSeconds };
}

/** The row of a minute all of whose lines are in the server. */
export const storedRow = ({ lines, seconds }: Minute): BenchRow => ({
  name: 'flow lines stored, none lost',
  unit: 'lines/s',
  median: lines / seconds,
  target: { atLeast: 30_000 },
});

/** Repeats the batches until a minute is over. */
function* againAndAgain(batches: readonly FlowBatch[]): Generator<FlowBatch> {
  const endsAt = Date.now() + MINUTE_MS;
  for (let roundAt = Date.now(); Date.now() < endsAt; ) {
    yield* batches;
    const now = Date.now();
    for (const batch of batches) moveOn(batch, now - roundAt);
    roundAt = now;
  }
}

/** Moves the same flows to later times. */
function moveOn({ columns, length }: FlowBatch, ms: number): void {
  for (let row = 0; row < length; row++) {
    columns.flowStartMilliseconds[row]! += ms;
    columns.flowEndMilliseconds[row]! += ms;
  }
}

const secondsOf = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1e6;
