import type { DimensionName, MeasureName } from '../../../flow/index.ts';
import { axisValue } from '../counts/index.ts';
import { type DrawnGroup, groupMark, type Mark } from '../groups/index.ts';
import { bucketSteps, type Steps, stepArea, stepLine } from './step-path.ts';
import type { TimeBuckets } from './time-buckets.ts';

/** A group over time. */
export interface SeriesLayer extends Mark {
  /** An area of a stack, or a line. */
  readonly path: string;
  /** Where its number stands: colours alone do not tell it from others. Undefined without room. */
  readonly numberPlace: NumberPlace | undefined;
}

export interface NumberPlace {
  readonly x: number;
  readonly y: number;
}

/** Pixels that a number takes. */
const NUMBER = { width: 14, height: 12 } as const;

export interface SeriesLayout {
  readonly layers: readonly SeriesLayer[];
  /** The largest value on the axis. */
  readonly largest: number;
  /** All flows of the compared time, as a line. */
  readonly ghost: string | undefined;
}

export interface SeriesParts {
  readonly groups: readonly DrawnGroup[];
  readonly by: readonly DimensionName[];
  readonly buckets: TimeBuckets;
  readonly measure: MeasureName;
  readonly isStacked: boolean;
  /** All flows of the compared time. */
  readonly before: EarlierCounts | undefined;
  readonly width: number;
  readonly height: number;
}

/** All flows of an earlier time, moved to this one. Its buckets need not begin where others do. */
export interface EarlierCounts {
  readonly buckets: TimeBuckets;
  readonly counts: readonly bigint[];
}

/** Each bucket is a step, so that an area is its count. */
export function layOutSeries(parts: SeriesParts): SeriesLayout {
  const { groups, by, buckets, measure, isStacked, before, width, height } = parts;
  // An incomplete bucket counts as a whole one: a short time would make a peak of one report.
  const valueIn = (count: bigint | undefined): number =>
    axisValue(measure, Number(count ?? 0n), buckets.stepMs);
  const ground = Array.from({ length: buckets.count }, () => 0);
  let below = ground;
  const tops = groups.map(({ series }) => {
    const top = below.map((value, bucket) => value + valueIn(series[bucket]));
    if (isStacked) below = top;
    return top;
  });
  const earlier = before?.counts.map(valueIn);
  const largest = [...tops, earlier ?? []].reduce((most, values) => Math.max(most, ...values), 0);
  const yOf = (value: number): number => (largest === 0 ? height : height - (value / largest) * height);
  const steps = bucketSteps(buckets, buckets, width);
  const highs = tops.map((values) => values.map(yOf));
  const floor = ground.map(yOf);
  const taken: NumberPlace[] = [];
  return {
    largest,
    ghost: earlier && stepLine(bucketSteps(before!.buckets, buckets, width), earlier.map(yOf)),
    layers: groups.map(({ isRest }, number) => {
      const high = highs[number]!;
      const low = (isStacked ? highs[number - 1] : undefined) ?? floor;
      return {
        ...groupMark(groups, number, by),
        path: isStacked ? stepArea(steps, low, high) : stepLine(steps, high),
        numberPlace: isRest ? undefined : takePlace({ steps, low, high, isStacked }, taken),
      };
    }),
  };
}

interface PlacedSteps {
  readonly steps: Steps;
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly isStacked: boolean;
}

/** At the largest bucket that no other number is upon: in an area, or above a line. */
function takePlace({ steps, low, high, isStacked }: PlacedSteps, taken: NumberPlace[]) {
  const { xs, runs } = steps;
  const heightOf = (bucket: number) => low[bucket]! - high[bucket]!;
  const place = runs
    .flatMap(([first, end]) => Array.from({ length: end - first }, (_, number) => first + number))
    .filter((bucket) => (isStacked ? heightOf(bucket) >= NUMBER.height : heightOf(bucket) > 0))
    .sort((a, b) => heightOf(b) - heightOf(a))
    .map((bucket): NumberPlace => {
      const x = (xs[bucket]! + xs[bucket + 1]!) / 2;
      const y = isStacked ? (low[bucket]! + high[bucket]!) / 2 : Math.max(NUMBER.height, high[bucket]!) - 7;
      return { x, y };
    })
    .find(({ x, y }) =>
      taken.every((other) => Math.abs(other.x - x) >= NUMBER.width || Math.abs(other.y - y) >= NUMBER.height),
    );
  if (place !== undefined) taken.push(place);
  return place;
}
