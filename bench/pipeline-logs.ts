import { DecodingServer } from './logs/decoding-server.ts';
import { type BenchRow, quantileOf } from './measure.ts';
import { costRow } from './pipeline/cost-row.ts';
import type { PipelineResult } from './pipeline/receiver.ts';
import { runPipeline } from './pipeline/run.ts';

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
    costRow('without logs, main thread', without, without, mainThread, 'no logs'),
    costRow('with logs, main thread', logged, without, mainThread, 'no logs', { of: 'ratio', atLeast: 0.75 }),
    costRow('with logs, all threads', logged, without, allThreads, 'no logs'),
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
