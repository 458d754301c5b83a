/** What stands above the pages: time, refresh, filter. */
export { FilterBar } from './filter-bar.tsx';
export { RefreshControl } from './refresh-control.tsx';
export { TimeBar } from './time-bar.tsx';
