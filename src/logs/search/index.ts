/**
 * Asks a Loki or a VictoriaLogs for entries over HTTP: all of a time, the newest, or those that come. Knows
 * nothing of what is in them.
 */
export type { LogQueryOptions } from './log-query.ts';
export { LogSearch } from './log-search.ts';
export { LokiQuery } from './loki-query.ts';
export { VictoriaLogsQuery } from './victoria-logs-query.ts';
