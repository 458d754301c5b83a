/**
 * The API of an aggregator over HTTP: its routes, and who may read which flows. `access/` determines who asks
 * and what he may do, `scopes/` what he sees of the flows. `flows/`, `events/`,
 * `query/` and `records/` answer.
 * `openapi/` describes them.
 */
export * from './access/index.ts';
export { type ApiParts, type GuardedParts, guardedRoutes, openRoutes, storedRoutes } from './api-routes.ts';
export { EXPORTERS_HEADER, type ExporterStatement } from './contract.ts';
export * from './events/index.ts';
export * from './flows/index.ts';
export * from './openapi/index.ts';
export { apiServerOptions } from './options.ts';
export * from './records/index.ts';
export * from './scopes/index.ts';
