import { type BenchRow, quantileOf } from '../measure.ts';
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
    against: otherName,
    ...(target === undefined ? {} : { target }),
  };
}
