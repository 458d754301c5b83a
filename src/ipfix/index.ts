/**
 * IPFIX (RFC 7011): flow records to messages and back, out to collectors and in from exporters.
 *
 * `wire/` is the pure codec, `exporting/` and `collecting/` are the two processes with their transports,
 * `flow-mapping.ts` says which elements Weir's own records have. Knows flows as batches of columns;
 * nothing of conntrack or Kubernetes, nor what becomes of a record.
 */
export * from './collecting/index.ts';
export * from './exporting/index.ts';
export { type RecordKind, recordElements, tellsFlows } from './flow-mapping.ts';
export { DEFAULT_PORT, type TransportKind, type TransportName, transportKinds } from './transport-kind.ts';
export * from './wire/index.ts';
