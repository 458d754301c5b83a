import { type BenchRow, quantileOf } from './measure.ts';
import { RECORDS, runPipeline } from './pipeline/run.ts';

export const title = 'what flow metrics cost the aggregator, end to end';

const RUNS = 7;
const RECORDS_A_MESSAGE = 200;
const EVERY = ['workload', 'node', 'namespace', 'service', 'policy', 'external', 'port'];

export async function run(): Promise<BenchRow[]> {
  const ways = { without: [], workload: ['workload'], every: EVERY } as const;
  const seconds = { without: [] as number[], workload: [] as number[], every: [] as number[] };
  const names = Object.keys(ways) as (keyof typeof ways)[];
  for (let i = 0; i < RUNS; i++) {
    for (const name of i % 2 === 0 ? names : names.toReversed()) {
      seconds[name].push((await runPipeline('receiver', RECORDS_A_MESSAGE, ways[name])).cpuSeconds);
    }
  }
  const rowOf = (name: keyof typeof ways, what: string, target?: BenchRow['target']): BenchRow => {
    const rates = seconds[name].map((cpuSeconds) => RECORDS / cpuSeconds);
    const median = quantileOf(rates, 0.5);
    return {
      name: what,
      unit: 'records/CPU-s',
      median,
      spread: (quantileOf(rates, 0.75) - quantileOf(rates, 0.25)) / 2 / median,
      ratio: quantileOf(
        seconds[name].map((cpuSeconds, i) => seconds.without[i]! / cpuSeconds),
        0.5,
      ),
      against: 'no metrics',
      ...(target === undefined ? {} : { target }),
    };
  };
  return [
    rowOf('without', 'without metrics'),
    rowOf('workload', 'flow metrics by workload, the default', { of: 'ratio', atLeast: 0.9 }),
    rowOf('every', `flow metrics by ${EVERY.length} groupings`),
  ];
}
