import { type BenchRow, quantileOf, summaryOf } from '../measure.ts';
import type { PipelineResult } from './receiver.ts';
import { RECORDS } from './run.ts';

/** What a record costs the aggregator, as records in a second of processor time, beside another way. */
export function costRow(
  name: string,
  results: readonly PipelineResult[],
  against: readonly PipelineResult[],
  cpuSeconds: (result: PipelineResult) => number,
  otherName: string,
  target?: BenchRow['target'],
): BenchRow {
  const rates = results.map((result) => RECORDS / cpuSeconds(result));
  return {
    name,
    unit: 'records/CPU-s',
    ...summaryOf(rates),
    ratio: quantileOf(
      results.map((result, i) => cpuSeconds(against[i]!) / cpuSeconds(result)),
      0.5,
    ),
    against: otherName,
    ...(target === undefined ? {} : { target }),
  };
}
