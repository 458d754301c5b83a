import { DecodingServer } from './logs/decoding-server.ts';
import { type BenchRow, quantileOf } from './measure.ts';
import type { PipelineResult } from './pipeline/receiver.ts';
import { RECORDS, runPipeline } from './pipeline/run.ts';

export const title = 'what flow logs cost the aggregator at full load, each flow logged, end to end';

const RUNS = 7;
const RECORDS_A_MESSAGE = 200;

export async function run(): Promise<BenchRow[]> {
  await using server = await DecodingServer.start();
  const without: PipelineResult[] = [];
  const logged: PipelineResult[] = [];
  const ways = [
    async () => without.push(await runPipeline('receiver', RECORDS_A_MESSAGE)),
    async () => logged.push(await runLogged(server)),
  ];
  for (let i = 0; i < RUNS; i++) for (const way of i % 2 === 0 ? ways : ways.toReversed()) await way();
  const mainThread = ({ mainCpuSeconds }: PipelineResult) => mainCpuSeconds;
  const allThreads = ({ cpuSeconds }: PipelineResult) => cpuSeconds;
  return [
    rowOf('without logs, main thread', without, without, mainThread),
    rowOf('with logs, main thread', logged, without, mainThread, { of: 'ratio', atLeast: 0.75 }),
    rowOf('with logs, all threads', logged, without, allThreads),
    {
      name: 'flow lines made on the way',
      unit: 'lines',
      median: quantileOf(
        logged.map(({ reports }) => reports),
        0.5,
      ),
    },
  ];
}

/** @throws when the number of lines differs from that of the reports */
async function runLogged(server: DecodingServer): Promise<PipelineResult> {
  const before = await server.lines();
  const result = await runPipeline('receiver', RECORDS_A_MESSAGE, [`--loki=${server.url}`]);
  const came = (await server.lines()) - before;
  if (came !== result.reports) throw new Error(`${result.reports} flows were reported, ${came} lines came`);
  return result;
}

function rowOf(
  name: string,
  results: readonly PipelineResult[],
  against: readonly PipelineResult[],
  cpuSeconds: (result: PipelineResult) => number,
  target?: BenchRow['target'],
): BenchRow {
  const rates = results.map((result) => RECORDS / cpuSeconds(result));
  const median = quantileOf(rates, 0.5);
  return {
    name,
    unit: 'records/CPU-s',
    median,
    spread: (quantileOf(rates, 0.75) - quantileOf(rates, 0.25)) / 2 / median,
    ratio: quantileOf(
      results.map((result, i) => cpuSeconds(against[i]!) / cpuSeconds(result)),
      0.5,
    ),
    against: 'no logs',
    ...(target === undefined ? {} : { target }),
  };
}
