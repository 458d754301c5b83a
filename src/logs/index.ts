/**
 * Loki and VictoriaLogs. `flow-lines/` converts flows to lines of streams and back, `event-log/` writes
 * events of a cluster beside them, `push/` delivers lines, and `flow-log-kinds/` describes the sinks.
 * `filter-words/`, `logql/`, `logsql/` and `search/` search for flows. `process-log/` sends the program's own
 * log. Knows nothing about the origin of flows, events and entries.
 */
export { EventLog, eventFieldNames, eventServiceName } from './event-log/index.ts';
export {
  coreFields,
  corePattern,
  defaultLogLayout,
  defaultStaticLabels,
  type FlowLinesOptions,
  LineReader,
  type LoggedFlow,
  type LoggedLine,
  labelFieldNames,
  lineFieldNames,
  logFieldNames,
  MOST_LABELS as mostLabels,
  omittableFieldNames,
} from './flow-lines/index.ts';
export { type FlowLogKind, flowLogKinds } from './flow-log-kinds/index.ts';
export { FlowLogSink } from './flow-log-sink.ts';
export { FlowLogWorkerSink } from './flow-log-worker-sink.ts';
export { type LogServerName, logServers, readTenant } from './log-server.ts';
export { logqlOf } from './logql/index.ts';
export { logsqlOf } from './logsql/index.ts';
export { defaultFlowLogOptions, type FlowLogOptions } from './options.ts';
export {
  type LokiLogSettings,
  logOptions,
  lokiLogSettings,
  ProcessLog,
  type ProcessLogOptions,
} from './process-log/index.ts';
export { readPushCredentials } from './push/index.ts';
export { type LogQueryOptions, LogSearch, LokiQuery, VictoriaLogsQuery } from './search/index.ts';
