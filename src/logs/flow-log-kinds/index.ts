/** The kinds of sinks that log flows: their options in a file, and how a sink is made of them. */
import { lokiKind } from './loki-kind.ts';
import { victoriaLogsKind } from './victoria-logs-kind.ts';

export type { FlowLogKind } from './flow-log-kind.ts';
export const flowLogKinds = { loki: lokiKind, victoriaLogs: victoriaLogsKind } as const;
