import { type BenchRow, quantileOf, summaryOf } from './measure.ts';
import type { PipelineResult } from './pipeline/receiver.ts';
import { RECORDS, runPipeline } from './pipeline/run.ts';

export const title = 'the aggregator, end to end: two nodes over TCP, decoded, joined, expired, handed on';

const RUNS = 3;

export async function run(): Promise<BenchRow[]> {
  return [...(await measurePipeline(1, 500_000)), ...(await measurePipeline(200, 700_000))];
}

async function measurePipeline(recordsAMessage: number, floor: number): Promise<BenchRow[]> {
  const ours: PipelineResult[] = [];
  const naive: PipelineResult[] = [];
  for (let i = 0; i < RUNS; i++) {
    ours.push(await runPipeline('receiver', recordsAMessage));
    naive.push(await runPipeline('naive-receiver', recordsAMessage));
  }
  const rates = ours.map(({ cpuSeconds }) => RECORDS / cpuSeconds);
  const resident = ours.map(({ peakResidentOctets }) => peakResidentOctets / 1e6);
  const rest = {
    ratio: quantileOf(
      ours.map(({ cpuSeconds }, i) => naive[i]!.cpuSeconds / cpuSeconds),
      0.5,
    ),
    against: 'an object a record, a Map of objects',
  };
  const leaner = quantileOf(
    ours.map(({ peakResidentOctets }, i) => naive[i]!.peakResidentOctets / peakResidentOctets),
    0.5,
  );
  const suffix = recordsAMessage === 1 ? 'one record a message' : `${recordsAMessage} records a message`;
  return [
    {
      name: `end to end, ${suffix}`,
      unit: 'records/CPU-s',
      ...summaryOf(rates),
      ...rest,
      target: { atLeast: floor },
    },
    {
      name: `resident, ${suffix}`,
      unit: 'MB',
      ...summaryOf(resident),
      ...rest,
      ratio: leaner,
      target: { atMost: 250 },
    },
  ];
}
