/**
 * The network interfaces of a namespace. `link-state` reads their counters over rtnetlink, `link-choice`
 * decides which have their own series, and `link-series` sums up the others. `entered-octets` sums up what
 * enters through them, and `datapath` recognises who forwards it.
 */
export { type Datapath, ebpfDatapathOf } from './datapath.ts';
export { EnteredOctets, ipOctetsOf } from './entered-octets.ts';
export { LinkChoice, type LinkChoiceOptions } from './link-choice.ts';
export { type LinkCount, type LinkMetrics, LinkSeries } from './link-series.ts';
export { type LinkState, readLinks } from './link-state.ts';
export { linkCapacities, linkOptions } from './options.ts';
