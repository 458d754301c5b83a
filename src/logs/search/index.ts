/**
 * Queries a Loki or a VictoriaLogs for entries over HTTP: all of a time, the newest, or new ones as they
 * arrive. Knows nothing of their content.
 */
export type { LogQueryOptions } from './log-query.ts';
export { LogSearch } from './log-search.ts';
export { LokiQuery } from './loki-query.ts';
export { VictoriaLogsQuery } from './victoria-logs-query.ts';
