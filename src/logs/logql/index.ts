/**
 * Searches for flows in Loki, in its query language. Knows the layout of lines, and nothing of the requests
 * to Loki.
 */
export { logqlOf } from './logql.ts';
