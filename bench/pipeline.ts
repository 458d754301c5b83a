import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { BenchRow } from './measure.ts';
import { quantile } from './measure.ts';
import type { PipelineResult } from './pipeline/receiver.ts';

export const title = 'the aggregator, end to end: two nodes over TCP, decoded, joined, expired, handed on';

const FLOWS = 200_000;
const ROUNDS = 4;
const RUNS = 3;
/** Flows before, which stay: by then the code that all records run through is compiled. */
const WARMUP_FLOWS = 20_000;
const HALVES = 2;
const RECORDS = FLOWS * HALVES * ROUNDS;
const WARMUP_RECORDS = WARMUP_FLOWS * HALVES * ROUNDS;

export async function run(): Promise<BenchRow[]> {
  return [...(await measurePipeline(1, 500_000)), ...(await measurePipeline(200, 700_000))];
}

async function measurePipeline(recordsAMessage: number, floor: number): Promise<BenchRow[]> {
  const ours: PipelineResult[] = [];
  const naive: PipelineResult[] = [];
  for (let i = 0; i < RUNS; i++) {
    ours.push(await runOnce('receiver', recordsAMessage));
    naive.push(await runOnce('naive-receiver', recordsAMessage));
  }
  const rates = ours.map(({ cpuSeconds }) => RECORDS / cpuSeconds);
  const resident = ours.map(({ peakResidentOctets }) => peakResidentOctets / 1e6);
  const rest = {
    ratio: quantile(
      ours.map(({ cpuSeconds }, i) => naive[i]!.cpuSeconds / cpuSeconds),
      0.5,
    ),
    against: 'an object a record, a Map of objects',
  };
  const leaner = quantile(
    ours.map(({ peakResidentOctets }, i) => naive[i]!.peakResidentOctets / peakResidentOctets),
    0.5,
  );
  const suffix = recordsAMessage === 1 ? 'one record a message' : `${recordsAMessage} records a message`;
  return [
    {
      name: `end to end, ${suffix}`,
      unit: 'records/CPU-s',
      ...summary(rates),
      ...rest,
      target: { atLeast: floor },
    },
    {
      name: `resident, ${suffix}`,
      unit: 'MB',
      ...summary(resident),
      ...rest,
      ratio: leaner,
      target: { atMost: 250 },
    },
  ];
}

function summary(values: readonly number[]): { median: number; spread: number } {
  const median = quantile(values, 0.5);
  return { median, spread: (quantile(values, 0.75) - quantile(values, 0.25)) / 2 / median };
}

async function runOnce(
  program: 'receiver' | 'naive-receiver',
  recordsAMessage: number,
): Promise<PipelineResult> {
  const receiver = fork(new URL(`pipeline/${program}.ts`, import.meta.url), [
    `${WARMUP_RECORDS + RECORDS}`,
    `${WARMUP_RECORDS}`,
  ]);
  try {
    const [{ port }] = (await once(receiver, 'message')) as [{ port: number }];
    const result = once(receiver, 'message') as Promise<[PipelineResult]>;
    const args = [port, FLOWS, ROUNDS, recordsAMessage, WARMUP_FLOWS].map(String);
    const sender = fork(new URL('pipeline/sender.ts', import.meta.url), args, { execArgv: [] });
    const [status] = (await once(sender, 'exit')) as [number | null];
    if (status !== 0) throw new Error(`the sender ended with ${status}`);
    return checked((await result)[0]);
  } finally {
    receiver.kill();
  }
}

/** A fast pipeline that loses or invents octets is no result. */
function checked(result: PipelineResult): PipelineResult {
  let octets = 0;
  for (let flow = 0; flow < FLOWS + WARMUP_FLOWS; flow++) octets += 4 * ROUNDS * (1_500 + (flow % 1_000));
  if (result.octets !== octets) throw new Error(`sent ${octets} octets in flows, ${result.octets} came out`);
  if (!result.ledgerCloses) throw new Error('the ledger does not close');
  return result;
}
