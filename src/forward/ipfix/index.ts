/** Flows to another collector as IPFIX. */
export { ipfixKind } from './ipfix-kind.ts';
export { IpfixSink } from './ipfix-sink.ts';
