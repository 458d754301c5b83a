/**
 * Searches for flows in VictoriaLogs, in its query language. Knows how lines are laid out, and nothing of how
 * VictoriaLogs is asked.
 */
export { logsqlOf } from './logsql.ts';
