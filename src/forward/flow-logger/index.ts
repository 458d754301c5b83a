/** Writes flows into a CSV file, in the format of the reference system's flow logger. */
export { FlowLogger } from './flow-logger.ts';
export { flowLoggerKind } from './flow-logger-kind.ts';
export { type FlowLoggerOptions, flowLoggerOptions } from './options.ts';
