/**
 * DTLS 1.2 (RFC 6347) by the OpenSSL that Node contains, which has no DTLS of its own. A client and a server
 * for many clients; datagrams go in and out, and both ends show certificates. Knows no socket, no files, and
 * nothing of IPFIX.
 */
export { MAX_RECORD_OCTETS } from './association.ts';
export { DtlsClient, type DtlsClientOptions } from './dtls-client.ts';
export { DtlsContext, type DtlsContextOptions, type DtlsMaterial } from './dtls-context.ts';
export { DtlsError } from './dtls-error.ts';
export type { DtlsPeer } from './dtls-peer.ts';
export {
  type DtlsClientEnd,
  type DtlsConsumer,
  DtlsServer,
  type DtlsServerOptions,
  type UnreadReason,
} from './dtls-server.ts';
export { openSsl } from './openssl.ts';
