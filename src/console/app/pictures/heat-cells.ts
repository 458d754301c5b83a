import type { DrawnGroup } from '../groups/index.ts';

/** A count of a group in a bucket. */
export interface HeatCell {
  readonly row: number;
  readonly bucket: number;
  readonly count: bigint;
  /** 1 to 5, by the logarithm of the count. */
  readonly strength: number;
}

export const STRENGTHS = 5;

/** The smallest count of each strength: four times less is one strength less. */
export function strengthFloors(largest: bigint): number[] {
  return Array.from({ length: STRENGTHS }, (_, level) =>
    level === 0 ? 1 : Math.max(1, Number(largest) / 4 ** (STRENGTHS - level)),
  );
}

/** 0 for nothing. */
export function strengthOf(count: bigint, largest: bigint): number {
  if (count <= 0n) return 0;
  return strengthFloors(largest).filter((floor) => Number(count) >= floor).length;
}

/** Only cells with a count. The others stay empty, or are hatched where nothing is known. */
export function heatCells(groups: readonly DrawnGroup[]): HeatCell[] {
  let largest = 0n;
  for (const { series } of groups) for (const count of series) if (count > largest) largest = count;
  return groups.flatMap(({ series }, row) =>
    series.flatMap((count, bucket) =>
      count === 0n ? [] : [{ row, bucket, count, strength: strengthOf(count, largest) }],
    ),
  );
}
