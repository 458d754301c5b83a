/**
 * The flows of the last minutes over HTTP. Knows nothing of where they come from.
 */
export { flowsRoute } from './flows-route.ts';
export { RecentFlows, type RecentFlowsOptions } from './recent-flows.ts';
