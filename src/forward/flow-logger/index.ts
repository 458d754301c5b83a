/** Flows into a file of CSV, as the reference system's flow logger writes it. */
export { FlowLogger } from './flow-logger.ts';
export { flowLoggerKind } from './flow-logger-kind.ts';
export { type FlowLoggerOptions, flowLoggerOptions } from './options.ts';
