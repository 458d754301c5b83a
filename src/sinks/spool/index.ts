/**
 * A first-in, first-out queue of frames on disk, for a sink whose receiver is away: bounded in octets, and
 * found again by the next process whatever became of this one. Knows nothing of what a frame carries.
 */
export { DiskSpool, type Lost, type Readings, type SpoolOptions } from './disk-spool.ts';
export type { Frame } from './frame.ts';
export type { Recovered } from './recovery.ts';
export type { Tally } from './segment.ts';
