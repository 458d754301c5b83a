/**
 * The Exporting Process of RFC 7011: sends flow records to one collector over TCP, UDP, TLS or DTLS. It
 * writes IPFIX or the reference system's JSON. It has a bounded queue, reconnects, and its ledger account
 * balances. Knows nothing of the source of flows.
 */

export {
  DEFAULT_PORT,
  isAvailableTransport,
  type TransportName,
  transportKinds,
} from '../transport-kind.ts';
export { collectorAddress, plainCollectorAddress } from './address-option.ts';
export {
  type CollectorAddress,
  type CollectorProtocol,
  dnsNameOf,
  formatCollectorAddress,
  isSecured,
  parseCollectorAddress,
  parseCollectorUrl,
  type ServiceName,
} from './collector-address.ts';
export { type Lookup, lookUpByDns } from './collector-addresses.ts';
export { ExportingProcess, type ExportingProcessOptions } from './exporting-process.ts';
export { canRefuseOptionsRecords, type ExportingSettings, exportingSettings } from './exporting-settings.ts';
export { type MessageSession, MessageSessions } from './message-session.ts';
export {
  defaultQueueRecords,
  exportingOptions,
  observationDomains,
  optionsRecordsFlags,
  queueRecords,
} from './options.ts';
export { type RecordFormat, recordFormats } from './packer.ts';
export type { TemplateRefresh } from './template-announcer.ts';
export type { ConnectionEnds } from './transport.ts';
