/**
 * Flows on to other systems: one file for each kind of sink. Knows what a sink promises (src/flow), and nothing
 * of where flows come from.
 */
export { IpfixSink } from './ipfix-sink.ts';
export { JsonLines } from './json-lines.ts';
