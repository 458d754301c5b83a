/** Questions about the flow history over HTTP. */
export { MOST_BODY_OCTETS, MOST_PREFIX, queryRoutes } from './query-routes.ts';
export type { UsedValuesAnswer } from './used-values.ts';
