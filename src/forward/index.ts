/**
 * Flows on to other systems: one file for each kind of sink. Knows what a sink promises (src/flow), and
 * nothing of where flows come from.
 */
export { FlowLogger, type FlowLoggerOptions, flowLoggerOptions } from './flow-logger/index.ts';
export { IpfixSink } from './ipfix-sink.ts';
export { JsonLines } from './json-lines.ts';
