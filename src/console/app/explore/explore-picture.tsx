import type { DimensionName, KeptEvent, MeasureName } from '../../../flow/index.ts';
import type { DrawnGroup } from '../groups/index.ts';
import {
  type ChooseMark,
  Chord,
  type EarlierCounts,
  HeatMap,
  Matrix,
  Sankey,
  type TimeBuckets,
  TimeSeries,
} from '../pictures/index.ts';
import { type PictureName, pictureKinds } from './picture-kinds.ts';

interface ExplorePictureParts {
  readonly picture: PictureName;
  readonly groups: readonly DrawnGroup[];
  readonly by: readonly DimensionName[];
  readonly measure: MeasureName;
  readonly buckets: TimeBuckets | undefined;
  readonly before: EarlierCounts | undefined;
  /** What happened at this time. */
  readonly events: readonly KeptEvent[];
  readonly onChoose: ChooseMark;
}

/** The picture of a name, or what it lacks. */
export function ExplorePicture({ picture, buckets, before, events, ...parts }: ExplorePictureParts) {
  const { title, leastDimensions } = pictureKinds[picture];
  if (parts.by.length < leastDimensions) {
    return (
      <p class="no-picture">
        {title} needs {leastDimensions} dimensions: add {leastDimensions - parts.by.length} above.
      </p>
    );
  }
  if (parts.groups.every(({ count }) => count === 0n)) {
    return <p class="no-picture">These flows have no {parts.measure}. The table has their number.</p>;
  }
  if (buckets !== undefined) {
    return picture === 'heat' ? (
      <HeatMap {...parts} buckets={buckets} events={events} />
    ) : (
      <TimeSeries
        {...parts}
        buckets={buckets}
        events={events}
        before={before}
        isStacked={picture === 'stacked'}
      />
    );
  }
  if (picture === 'chord') return <Chord {...parts} />;
  if (picture === 'matrix') return <Matrix {...parts} />;
  return <Sankey {...parts} />;
}
