/**
 * Flows, the ledger, metrics and the state of the process over HTTP. Knows nothing of where
 * the flows come from.
 */
export { flowsRoute } from './flows-route.ts';
export { HttpError, sendJson } from './http-error.ts';
export { type HttpOptions, HttpServer, type Route } from './http-server.ts';
export { RecentFlows, type RecentFlowsOptions } from './recent-flows.ts';
export { healthRoutes, ledgerRoute, type MetricsHandler, metricsRoute } from './status-routes.ts';
