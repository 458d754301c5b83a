/** The flows of the last minutes over HTTP. Knows nothing of their source. */
export { type FlowsParameter, flowsParameters } from './flows-query.ts';
export { flowsRoute } from './flows-route.ts';
export { logqlRoute } from './logql-route.ts';
export { windowOptions } from './options.ts';
export { RecentFlows, type RecentFlowsOptions } from './recent-flows.ts';
