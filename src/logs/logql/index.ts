/**
 * Searches for flows in Loki, in its query language. Knows how lines are laid out, and nothing of how Loki is
 * asked.
 */
export { logqlOf } from './logql.ts';
