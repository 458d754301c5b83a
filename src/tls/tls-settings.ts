import type { SecureContextOptions } from 'node:tls';
import { isOfTls13 } from './cipher-suites.ts';
import type { tlsVersions } from './options.ts';

/** The PEM files of one end: whom it trusts, and who it is. */
export interface TlsPaths {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
  /** Revocation lists; undefined: `ca.crl` beside `caFile`, if it is there. */
  readonly crlFile?: string | undefined;
  /** Whether it shows no certificate when both its files are missing. Default false. */
  readonly isCertificateOptional?: boolean | undefined;
}

/** What one end offers and accepts. */
export interface TlsSuites {
  readonly minVersion: (typeof tlsVersions)[number];
  /** Undefined: Node's. */
  readonly cipherSuites?: readonly string[] | undefined;
}

/** TLS or DTLS of one end. */
export interface TlsSettings extends TlsPaths, TlsSuites {
  /** The name that the certificate of a collector must have; none: the host of its address. */
  readonly serverName?: string | undefined;
  /** Names of which the certificate of a client must have one; undefined: any. */
  readonly allowedClients?: readonly string[] | undefined;
}

/** The same as Node's TLS takes it. A list of suites of one version alone leaves the other version out. */
export function secureContextOptions({ minVersion, cipherSuites }: TlsSuites): SecureContextOptions {
  const least = minVersion === 'VersionTLS13' ? 'TLSv1.3' : 'TLSv1.2';
  if (cipherSuites === undefined) return { minVersion: least };
  return {
    minVersion: cipherSuites.every(isOfTls13) ? 'TLSv1.3' : least,
    maxVersion: cipherSuites.some(isOfTls13) ? 'TLSv1.3' : 'TLSv1.2',
    ciphers: cipherSuites.join(':'),
  };
}
