/**
 * What TLS and DTLS share: files with certificates and keys, which are read again when they change. Names in
 * certificates, and words for what is wrong with them. Knows nothing of IPFIX and of sockets.
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
export { TlsFiles, type TlsFilesParts } from './tls-files.ts';
export { type OwnCertificate, readTlsMaterial, type TlsMaterial, untimelinessOf } from './tls-material.ts';
export { secureContextOptions, type TlsPaths, type TlsSettings, type TlsSuites } from './tls-settings.ts';
