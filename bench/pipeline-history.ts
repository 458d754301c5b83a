import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HistoryReader } from '../src/store/index.ts';
import type { BenchRow } from './measure.ts';
import { costRow } from './pipeline/cost-row.ts';
import type { PipelineResult } from './pipeline/receiver.ts';
import { runPipeline } from './pipeline/run.ts';

export const title = 'what a history costs the aggregator at full load, each flow kept, end to end';

const RUNS = 7;
const RECORDS_A_MESSAGE = 200;

export async function run(): Promise<BenchRow[]> {
  const without: PipelineResult[] = [];
  const kept: PipelineResult[] = [];
  const ways = [
    async () => without.push(await runPipeline('receiver', RECORDS_A_MESSAGE)),
    async () => kept.push(await runKept()),
  ];
  for (let i = 0; i < RUNS; i++) for (const way of i % 2 === 0 ? ways : ways.toReversed()) await way();
  const mainThread = ({ mainCpuSeconds }: PipelineResult) => mainCpuSeconds;
  const allThreads = ({ cpuSeconds }: PipelineResult) => cpuSeconds;
  const other = 'no history';
  return [
    costRow('without a history, main thread', without, without, mainThread, other),
    costRow('with a history, main thread', kept, without, mainThread, other, { of: 'ratio', atLeast: 0.9 }),
    costRow('with a history, all threads', kept, without, allThreads, other),
  ];
}

/** @throws when the number of records in the history differs from that of the reports */
async function runKept(): Promise<PipelineResult> {
  const directory = await mkdtemp(join(tmpdir(), 'weir-bench-'));
  try {
    const result = await runPipeline('receiver', RECORDS_A_MESSAGE, [`--history=${directory}`]);
    using reader = await HistoryReader.open(directory);
    const { records } = await reader.stats();
    if (records !== result.reports) throw new Error(`${result.reports} were reported, ${records} are kept`);
    return result;
  } finally {
    await rm(directory, { recursive: true });
  }
}
