/**
 * Loki: flows as lines of streams (`flow-lines/`) and their way there (`push/`), and the program's own log (`process-log/`). Knows nothing of where
 * flows and entries come from.
 */
export {
  coreFields,
  defaultLogLayout,
  labelFieldNames,
  logFieldNames,
  MOST_LABELS as mostLabels,
  omittableFieldNames,
} from './flow-lines/index.ts';
export { LokiSink } from './loki-sink.ts';
export type { LokiSinkOptions } from './options.ts';
export { ProcessLog, type ProcessLogOptions } from './process-log/index.ts';
export { LokiWorkerSink } from './worker/index.ts';
