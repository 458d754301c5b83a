/**
 * NetFlow v9 (RFC 3954), and v1, v5 and v7, whose records are fixed. Their messages give the same data sets
 * and templates as those of IPFIX, so one reader of data sets reads all. Pure, as `wire/` is.
 */
export { isWholeMessage, v1Format, v5Format, v7Format } from './fixed-record-reader.ts';
export { headerOctetsOf } from './netflow-header.ts';
export { UptimeFollower } from './uptime-follower.ts';
export { v9Format } from './v9-reader.ts';
