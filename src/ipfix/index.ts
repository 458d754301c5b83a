/**
 * IPFIX (RFC 7011): encodes flow records as messages and decodes them, sends them to collectors and receives
 * them from exporters. It also receives NetFlow (`netflow/`) and sFlow (`sflow/`).
 * `wire/` is the pure codec, `exporting/` and `collecting/` are the two processes with their transports, and
 * `flow-mapping.ts` has the elements of Weir's own records. Knows flows as batches of columns; nothing of
 * conntrack, Kubernetes or the consumers of records.
 */
export * from './collecting/index.ts';
export {
  type ExportProtocol,
  exportProtocols,
  isExportPacket,
  protocolOf,
  sessionKeyOf,
} from './export-protocol.ts';
export * from './exporting/index.ts';
export { type RecordKind, recordElements, tellsFlows } from './flow-mapping.ts';

export { readExportedSets } from './message-formats.ts';
export type { RecordContents } from './record-contents.ts';
export {
  type AvailableTransport,
  availableTransports,
  DEFAULT_PORT,
  isAvailableTransport,
  type TransportKind,
  type TransportName,
  transportKinds,
} from './transport-kind.ts';
export * from './wire/index.ts';
