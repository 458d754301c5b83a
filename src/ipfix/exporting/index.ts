/**
 * The Exporting Process of RFC 7011: flow records out to one collector over TCP or UDP, with a bounded
 * queue, reconnection, and an account that closes. Knows nothing of where flows come from. TLS and DTLS
 * find their place behind `Transport`.
 */
export {
  type CollectorAddress,
  type CollectorProtocol,
  formatCollectorAddress,
  parseCollectorAddress,
} from './collector-address.ts';
export { ExportingProcess, type ExportingProcessOptions } from './exporting-process.ts';
export { exportingOptions } from './options.ts';
export type { TemplateRefresh } from './template-announcer.ts';
export type { ConnectionEnds } from './transport.ts';
