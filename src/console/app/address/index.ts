/** The query string of the address: all state that a link carries. */
export { address, changeAddress, keepLinksInside, linkTo } from './address.ts';
export { type AddressParameters, changedParameters, printSearch, readSearch } from './address-text.ts';
export { showFilter, shownFilter, shownTime, showTime } from './shown-time.ts';
export {
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
