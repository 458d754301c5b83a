/** Pictures of the groups of an answer. */
export { Chord } from './chord.tsx';
export { EventShape } from './event-shape.tsx';
export { Hatches } from './hatches.tsx';
export { HeatMap } from './heat-map.tsx';
export { litGroups, useLitMarks } from './lit-groups.ts';
export { Matrix } from './matrix.tsx';
export { type ChooseMark, markAttributes, PictureFrame } from './picture-frame.tsx';

export { Sankey } from './sankey.tsx';
export type { EarlierCounts } from './series-layout.ts';
export {
  bucketEnd,
  bucketStart,
  coveredSpan,
  movedBuckets,
  type TimeBuckets,
  timeBuckets,
  unknownBecause,
} from './time-buckets.ts';
export { bucketText } from './time-plot.tsx';
export { TimeSeries } from './time-series.tsx';
