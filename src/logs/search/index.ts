/**
 * Asks a Loki for entries over HTTP: all of a time, the newest, or those that come. Knows nothing of what is in them.
 */
export type { LokiSearchOptions } from './loki-query.ts';
export { LokiSearch } from './loki-search.ts';
