/**
 * Searches for flows in VictoriaLogs, in its query language. Knows the layout of lines, and nothing of the
 * requests to VictoriaLogs.
 */
export { logsqlOf } from './logsql.ts';
