/**
 * The network interfaces of a namespace. `link-reading` reads their counters over rtnetlink, `link-choice`
 * decides which have their own series, and `link-series` sums up the others.
 */
export { LinkChoice, type LinkChoiceOptions } from './link-choice.ts';
export { type LinkCount, type LinkMetrics, LinkSeries } from './link-series.ts';
export { type LinkState, readLinks } from './link-state.ts';
export { linkCapacities, linkOptions } from './options.ts';
