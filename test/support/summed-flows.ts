import { join } from 'node:path';
import {
  type DimensionName,
  dimensionKeys,
  ExactSum,
  type FlowBatch,
  type MeasureName,
  measureAdder,
  measureNames,
} from '../../src/flow/index.ts';
import { dimensionColumn } from '../../src/store/dimension-columns.ts';
import { Engine } from '../../src/store/engine.ts';
import { HistoryReader, type SumTier, sumsName, tierMs } from '../../src/store/index.ts';
import { measureColumn } from '../../src/store/measure-columns.ts';
import { ParquetReader } from '../../src/store/parquet-reader.ts';
import { unitedRows } from '../../src/store/sum-columns.ts';

/** For each minute or hour and each combination of dimensions, all measures in their order. */
export type Sums = ReadonlyMap<string, readonly bigint[]>;

/** What the files of a tier have. */
export async function storedSums(
  directory: string,
  tier: SumTier,
  by: readonly DimensionName[] = [],
): Promise<Sums> {
  using reader = await HistoryReader.open(directory);
  using engine = await Engine.start();
  await using open = new AsyncDisposableStack();
  const files: ParquetReader[] = [];
  for (const file of reader.sumsOf(tier))
    files.push(open.use(await ParquetReader.open(engine, join(directory, sumsName(file)))));
  if (files.length === 0) return new Map();
  const { columns, sql } = unitedRows('sums', files);
  const keys = by.map((name) => dimensionColumn(name, columns).sql);
  const counts = measureNames.map((name) => measureColumn(name, columns, 'sums'));
  const answer = await engine.connection.runAndReadAll(
    `SELECT epoch_ms("collectionTimeMilliseconds"), ${[...keys, ...counts].join()} FROM ${sql} GROUP BY ALL`,
  );
  return new Map(
    answer.getRows().map(([time, ...values]) => {
      const key = [Number(time), ...values.slice(0, by.length)];
      return [JSON.stringify(key), values.slice(by.length).map((value) => BigInt(value as bigint))];
    }),
  );
}

/** What records add up to that were stored at these times. */
export function expectedSums(
  stored: readonly { readonly batch: FlowBatch; readonly timeMs: number }[],
  tier: SumTier,
  by: readonly DimensionName[] = [],
): Sums {
  const sums = new Map<string, ExactSum[]>();
  for (const { batch, timeMs } of stored) {
    const time = Math.floor(timeMs / tierMs[tier]) * tierMs[tier];
    const keysOf = by.map((name) => dimensionKeys(name, batch));
    const adders = measureNames.map((name) => measureAdder(name, batch));
    for (let row = 0; row < batch.length; row++) {
      const key = JSON.stringify([time, ...keysOf.map((keyOf) => keyOf(row))]);
      const own = sums.get(key) ?? measureNames.map(() => new ExactSum());
      sums.set(key, own);
      for (const [i, add] of adders.entries()) add(row, own[i]!);
    }
  }
  return new Map([...sums].map(([key, own]) => [key, own.map(({ value }) => value)]));
}

/** One measure over all times. */
export const totalOf = (sums: Sums, measure: MeasureName): bigint =>
  [...sums.values()].reduce((sum, values) => sum + values[measureNames.indexOf(measure)]!, 0n);
