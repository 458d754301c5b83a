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
export { CERTIFICATE_FOLDER, collectingTlsOptions, exportingTlsOptions } from './options.ts';
export { namesOf, peerNameOf } from './peer-name.ts';
export { TlsFiles, type TlsFilesParts } from './tls-files.ts';
export { readTlsMaterial, type TlsMaterial } from './tls-material.ts';
export { secureContextOptions, type TlsPaths, type TlsSettings, tlsSettings } from './tls-settings.ts';
