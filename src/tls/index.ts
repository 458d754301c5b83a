/**
 * What TLS and DTLS share: certificates and keys of files, which are read again when they change, or of
 * another source. Names in certificates, and words for what is wrong with them. Knows nothing of IPFIX and of
 * sockets. /
 */
export { isAllowed } from './allowed-names.ts';
export {
  certificateMissing,
  notAllowed,
  TlsFault,
  type TlsFaultKind,
  verificationFault,
  wrongName,
} from './certificate-fault.ts';
export { parseCipherSuites } from './cipher-suites.ts';
export {
  handshakeFault,
  leftHandshake,
  MAX_REFUSAL_OCTETS,
  refusalIn,
  refusalText,
  silentRefusal,
} from './handshake-fault.ts';
export { CERTIFICATE_FOLDER, collectingTlsOptions, exportingTlsOptions } from './options.ts';
export { hasName, namesOf, peerNameOf } from './peer-name.ts';
export { TlsEnd, type TlsEndParts } from './tls-end.ts';
export { renewalFault, TlsFiles, type TlsFilesParts } from './tls-files.ts';
export {
  certificatesIn,
  type OwnCertificate,
  type PemPart,
  type PemParts,
  readTlsMaterial,
  type TlsMaterial,
  tlsMaterialOf,
  untimelinessOf,
} from './tls-material.ts';
export { secureContextOptions, type TlsPaths, type TlsSettings, type TlsSuites } from './tls-settings.ts';
export type { RenewalListener, TlsSource } from './tls-source.ts';
