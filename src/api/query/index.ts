/** Questions about the flow history over HTTP. */
export { queryHttpError } from './query-http-error.ts';
export { MOST_BODY_OCTETS, MOST_PREFIX, queryRoutes } from './query-routes.ts';
export type { UsedValuesAnswer } from './used-values.ts';
