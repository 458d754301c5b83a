/**
 * Flows, the ledger and the state of the process over HTTP on loopback. Knows nothing of where
 * the flows come from.
 */
export { flowsRoute } from './flows-route.ts';
export { HttpError, HttpServer, type Route, sendJson } from './http-server.ts';
export { RecentFlows, type RecentFlowsOptions } from './recent-flows.ts';
export { statusRoutes } from './status-routes.ts';
