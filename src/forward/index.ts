/**
 * Flows on to other systems: one folder for each kind of sink, with its options and its descriptor. Knows
 * what a sink promises (src/flow), and nothing of where flows come from.
 */
export {
  FlowLogger,
  type FlowLoggerOptions,
  flowLoggerKind,
  flowLoggerOptions,
} from './flow-logger/index.ts';
export { IpfixSink, ipfixKind } from './ipfix/index.ts';
export { JsonLines, jsonLinesKind } from './json-lines/index.ts';
