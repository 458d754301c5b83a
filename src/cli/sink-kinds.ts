import { flowLoggerKind, ipfixKind, jsonLinesKind } from '../forward/index.ts';
import { flowLogKinds } from '../logs/index.ts';
import type { SinkKind } from '../sinks/index.ts';
import { historyKind } from '../store/index.ts';

/** Every kind of sink that a file can have under `weir.sinks`. A line adds one. */
export const sinkKinds: readonly SinkKind[] = [
  jsonLinesKind,
  ipfixKind,
  flowLoggerKind,
  flowLogKinds.loki,
  flowLogKinds.victoriaLogs,
  historyKind,
];
