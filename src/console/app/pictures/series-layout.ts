import { area, curveStepAfter, line } from 'd3-shape';
import type { DimensionName, MeasureName } from '../../../flow/index.ts';
import { axisValue } from '../counts/index.ts';
import { type DrawnGroup, groupMark, type Mark } from '../groups/index.ts';
import { bucketStart, type TimeBuckets, unknownBecause } from './time-buckets.ts';

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

interface Point {
  readonly x: number;
  readonly low: number;
  readonly high: number;
  readonly isKnown: boolean;
}

/** Each bucket is a step, so that an area is its count. Where nothing is known, nothing is drawn. */
export function layOutSeries(parts: SeriesParts): SeriesLayout {
  const { groups, by, buckets, measure, isStacked, before, width, height } = parts;
  const numbers = Array.from({ length: buckets.count }, (_, bucket) => bucket);
  // An incomplete bucket counts as a whole one: a short time would make a peak of one report.
  const valueIn = (count: bigint | undefined): number =>
    axisValue(measure, Number(count ?? 0n), buckets.stepMs);
  const floor = numbers.map(() => 0);
  const layers = groups.map(({ series }) =>
    numbers.map((bucket) => {
      const low = isStacked ? floor[bucket]! : 0;
      const high = low + valueIn(series[bucket]);
      if (isStacked) floor[bucket] = high;
      return { low, high };
    }),
  );
  const earlier = before?.counts.map((count) => ({ low: 0, high: valueIn(count) }));
  const largest = [...layers.flat(), ...(earlier ?? [])].reduce((most, { high }) => Math.max(most, high), 0);
  const xOf = (of: TimeBuckets, bucket: number): number =>
    ((bucketStart(of, bucket) - buckets.fromMs) / (buckets.toMs - buckets.fromMs)) * width;
  const yOf = (value: number): number => (largest === 0 ? height : height - (value / largest) * height);
  const pointsOf = (of: TimeBuckets, values: readonly { low: number; high: number }[]): Point[] => {
    const points = values.map(({ low, high }, bucket) => ({
      x: xOf(of, bucket),
      low,
      high,
      isKnown: unknownBecause(of, bucket) === undefined,
    }));
    return points.flatMap((point, bucket) => {
      const isEnd = bucket === points.length - 1 || !points[bucket + 1]!.isKnown;
      const end = bucket === points.length - 1 ? width : xOf(of, bucket + 1);
      return point.isKnown && isEnd ? [point, { ...point, x: end }, { ...point, isKnown: false }] : [point];
    });
  };
  const areaPath = area<Point>()
    .defined(({ isKnown }) => isKnown)
    .x(({ x }) => x)
    .y0(({ low }) => yOf(low))
    .y1(({ high }) => yOf(high))
    .curve(curveStepAfter);
  const linePath = line<Point>()
    .defined(({ isKnown }) => isKnown)
    .x(({ x }) => x)
    .y(({ high }) => yOf(high))
    .curve(curveStepAfter);
  const pathOf = isStacked ? areaPath : linePath;
  const taken: NumberPlace[] = [];
  /** At the largest bucket that no other number is upon: in an area, or above a line. */
  const takePlace = (values: readonly { low: number; high: number }[]): NumberPlace | undefined => {
    const heightOf = ({ low, high }: { low: number; high: number }) => yOf(low) - yOf(high);
    const place = numbers
      .filter((bucket) => unknownBecause(buckets, bucket) === undefined && heightOf(values[bucket]!) > 0)
      .filter((bucket) => !isStacked || heightOf(values[bucket]!) >= NUMBER.height)
      .sort((a, b) => heightOf(values[b]!) - heightOf(values[a]!))
      .map((bucket) => {
        const { low, high } = values[bucket]!;
        const x = (xOf(buckets, bucket) + xOf(buckets, bucket + 1)) / 2;
        return { x, y: isStacked ? (yOf(low) + yOf(high)) / 2 : Math.max(NUMBER.height, yOf(high)) - 7 };
      })
      .find(({ x, y }) =>
        taken.every(
          (other) => Math.abs(other.x - x) >= NUMBER.width || Math.abs(other.y - y) >= NUMBER.height,
        ),
      );
    if (place !== undefined) taken.push(place);
    return place;
  };
  return {
    largest,
    ghost: earlier && (linePath(pointsOf(before!.buckets, earlier)) ?? ''),
    layers: groups.map(({ isRest }, number) => ({
      ...groupMark(groups, number, by),
      path: pathOf(pointsOf(buckets, layers[number]!)) ?? '',
      numberPlace: isRest ? undefined : takePlace(layers[number]!),
    })),
  };
}
