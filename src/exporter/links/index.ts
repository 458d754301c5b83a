/**
 * The network interfaces of a namespace: what each has carried (`link-reading`, over rtnetlink), which of
 * them have series of their own (`link-choice`), and the sum of the others (`link-series`).
 */
export { LinkChoice, type LinkChoiceOptions, linkLimit } from './link-choice.ts';
export { type LinkReading, readLinks } from './link-reading.ts';
export { type LinkCount, type LinkMetrics, LinkSeries } from './link-series.ts';
