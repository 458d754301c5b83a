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
export {
  domainOf,
  MAX_FILE_DOMAINS,
  MessageFile,
  type MessageFileOptions,
  type StatedSession,
  setDomain,
  statedSession,
} from './ipfix-file/index.ts';
export { JsonLines, jsonLinesKind } from './json-lines/index.ts';
export { rotationLimits, rotationOptions } from './rotation-options.ts';
