/**
 * The flow history: all records of the last days in files of this machine. One process writes (`History`, as
 * a sink in a thread of its own), any process reads (`HistoryReader`). Knows nothing of the source of flows.
 */
export { AbsenceLog } from './absence-log.ts';
export { loadDuckDB } from './engine.ts';
export { type EventBounds, EventStore, type EventsWanted, readEvents } from './events/index.ts';
export { type SumRange, type SumTier, sumsName } from './file-names.ts';
export { History } from './history.ts';
export {
  type CoverageEvidence,
  coveredLength,
  type HistoryCoverage,
  type HistoryGap,
  historyCoverage,
} from './history-coverage.ts';
export { historyKind } from './history-kind.ts';
export { UNLISTED } from './history-names.ts';
export type { HistoryOptions } from './history-options.ts';
export { HistoryReader, type HistoryStats, type SumStats } from './history-reader.ts';
export { type HistorySettings, HistorySink } from './history-sink.ts';
export { HistoryWorkerSink } from './history-worker-sink.ts';
export { type LeftOutPart, leftOutText } from './left-out.ts';
export type { SumsFile } from './manifest.ts';
export {
  DEFAULT_AGE_MS,
  DEFAULT_EVENT_AGE_MS,
  DEFAULT_EVENT_OCTETS,
  DEFAULT_OCTETS,
  type HistoryValues,
} from './options.ts';
export { exportParquet } from './parquet-export.ts';
export type { SumBounds } from './sum-bounds.ts';
export {
  REST_OF,
  REST_OF_DESTINATIONS,
  REST_OF_ROWS,
  REST_OF_SOURCES,
  summedFields,
  tierMs,
} from './sum-columns.ts';
export type { TimeSpan } from './time-span.ts';
export {
  firstBucketMs,
  type GroupTotals,
  readTotals,
  type SumsNote,
  type Totals,
  type TotalsWanted,
} from './totals/index.ts';
export type { FlowsWanted, FoundRows } from './wanted-flows.ts';
