/**
 * A bounded first-in, first-out queue of frames on disk, for a sink whose receiver is away. The next process
 * continues with it, however this one ends. Knows nothing about the content of a frame.
 */
export { DiskSpool, type Lost, type Readings, type SpoolOptions } from './disk-spool.ts';
export { decodeFrameHeader, FRAME_HEADER_OCTETS, type Frame } from './frame.ts';
export { type Recovered, recoverSegments } from './recovery.ts';
export {
  readUpTo,
  SEGMENT_HEADER_OCTETS,
  Segment,
  segmentName,
  segmentNumber,
  type Tally,
} from './segment.ts';
