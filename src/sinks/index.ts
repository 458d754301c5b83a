/**
 * The parts of sinks: a thread of its own (`thread/`), a queue on disk (`spool/`), and the description of a
 * kind of sink. The queue keeps records that the receiver cannot accept. Knows the contract of a sink
 * (src/flow), and nothing about the content that a sink sends.
 */
export { batchOfFrame, frameOf } from './batch-frame.ts';
export { csvCell } from './csv-cell.ts';
export { type DiskRefusals, errnoOf, isDiskFull, refusalBy } from './disk-refusals.ts';
export { filterOption } from './filter-option.ts';
export type { SinkContext, SinkKind } from './sink-kind.ts';
export {
  DiskSpool,
  decodeFrameHeader,
  FRAME_HEADER_OCTETS,
  type Frame,
  type Lost,
  type Readings,
  type Recovered,
  readUpTo,
  recoverSegments,
  SEGMENT_HEADER_OCTETS,
  Segment,
  type SpoolOptions,
  segmentName,
  segmentNumber,
  type Tally,
} from './spool/index.ts';
export { spoolOptions, spoolSettings } from './spool-options.ts';
export { type SpoolableSink, type SpoolingOptions, SpoolingSink } from './spooling-sink.ts';
export {
  BatchSender,
  ReceivedBatches,
  type SentBatch,
  type SinkParts,
  serveSink,
  ThreadSink,
} from './thread/index.ts';
export { ToldColumns } from './told-columns.ts';
