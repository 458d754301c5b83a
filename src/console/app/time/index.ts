/** Times as readers write and read them, in their zone. */
export {
  aroundRange,
  fixedRange,
  type Instants,
  instantsOf,
  localText,
  presetRanges,
  rangeText,
  readTimeRange,
  shiftRange,
  spanOf,
  spanText,
  type TimeRange,
  widenRange,
  zoneText,
  zoomedRange,
} from './time-range.ts';
