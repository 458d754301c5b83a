import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchRow } from './measure.ts';
import { nodeFlags, nodeVariables } from './pipeline/run.ts';
import type { StreamResult } from './store/writer.ts';

export const title =
  'a history that gets records for a time, with all sums (WEIR_BENCH_SECONDS sets it, WEIR_BENCH_RATE the records a second)';

const SECONDS = Number(process.env.WEIR_BENCH_SECONDS ?? 20);
const RATE = Number(process.env.WEIR_BENCH_RATE ?? 150_000);
const MEGABYTE = 1_048_576;

export async function run(): Promise<BenchRow[]> {
  const directory = await mkdtemp(join(tmpdir(), 'weir-bench-'));
  try {
    const result = await resultOf([directory, String(RATE), String(SECONDS)]);
    return rowsOf(result);
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** @throws when a record is not kept, or the writer ends */
async function resultOf(words: readonly string[]): Promise<StreamResult> {
  const url = new URL('store/writer.ts', import.meta.url);
  const execArgv = [...nodeFlags, '--expose-gc'];
  const writer = fork(url, words, { execArgv, env: { ...nodeVariables, ...process.env } });
  const [answer] = (await Promise.race([once(writer, 'message'), once(writer, 'exit')])) as [unknown];
  if (typeof answer !== 'object' || answer === null) throw new Error(`the writer ended with ${answer}`);
  return answer as StreamResult;
}

function rowsOf({
  records,
  seconds,
  processorSeconds,
  mainProcessorSeconds,
  residentOctets,
  mostResidentOctets,
  mostBehindRecords,
  waitingSegments,
}: StreamResult): BenchRow[] {
  return [
    { name: 'taken and kept', median: records / seconds, unit: 'records/s', target: { atLeast: 150_000 } },
    { name: 'most records behind that rate', median: mostBehindRecords, unit: 'records' },
    { name: 'full segments that wait at the end', median: waitingSegments, unit: 'segments' },
    { name: 'processor time, all threads', median: records / processorSeconds, unit: 'records/CPU-s' },
    { name: 'of that, the main thread', median: (mainProcessorSeconds * 1e6) / records, unit: 'µs/record' },
    { name: 'memory, median', median: residentOctets / MEGABYTE, unit: 'MB' },
    {
      name: 'memory, most',
      median: mostResidentOctets / MEGABYTE,
      unit: 'MB',
      target: { atMost: 400 },
    },
  ];
}
