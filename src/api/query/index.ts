/** Questions about the flow history over HTTP. */
export { queryRoutes } from './query-routes.ts';
