/**
 * Loki: flows as lines of streams and back (`flow-lines/`), their way there (`push/`), searches for them (`logql/`, `search/`), and the program's own
 * log (`process-log/`). Knows nothing of where flows and entries come from.
 */
export {
  coreFields,
  corePattern,
  defaultLogLayout,
  type FlowLinesOptions,
  LineReader,
  type LoggedFlow,
  type LoggedLine,
  labelFieldNames,
  logFieldNames,
  MOST_LABELS as mostLabels,
  omittableFieldNames,
} from './flow-lines/index.ts';
export { logqlOf } from './logql/index.ts';
export { LokiSink } from './loki-sink.ts';
export type { LokiSinkOptions } from './options.ts';
export { ProcessLog, type ProcessLogOptions } from './process-log/index.ts';
export { LokiSearch, type LokiSearchOptions } from './search/index.ts';
export { LokiWorkerSink } from './worker/index.ts';
