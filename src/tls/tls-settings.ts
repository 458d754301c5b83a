import type { tlsVersions } from './options.ts';

/** The PEM files of one end: whom it trusts, and who it is. */
export interface TlsPaths {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** TLS or DTLS of one end. */
export interface TlsSettings extends TlsPaths {
  readonly minVersion: (typeof tlsVersions)[number];
  /** Undefined: Node's. */
  readonly cipherSuites?: readonly string[] | undefined;
  /** The name that the certificate of a collector must have; none: the host of its address. */
  readonly serverName?: string | undefined;
  /** Names of which the certificate of a client must have one; undefined: any. */
  readonly allowedClients?: readonly string[] | undefined;
}

/** The same as Node's TLS takes it. */
export const secureContextOptions = ({ minVersion, cipherSuites }: TlsSettings) => ({
  minVersion: minVersion === 'VersionTLS13' ? ('TLSv1.3' as const) : ('TLSv1.2' as const),
  ...(cipherSuites === undefined ? {} : { ciphers: cipherSuites.join(':') }),
});
