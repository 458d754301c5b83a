import { getCiphers } from 'node:tls';

/** The suites of OpenSSL that encrypt and authenticate. RFC 7011 section 11.3 forbids others. */
const suites = new Set(getCiphers().map((name) => name.toUpperCase()));

/** Those of TLS 1.3, which Go and Kubernetes never leave out. */
const suitesOfTls13 = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];

export const isOfTls13 = (suite: string): boolean => /^TLS_(AES|CHACHA20)_/i.test(suite);

/** Whether OpenSSL has a suite of this name. */
export const isCipherSuite = (name: string): boolean => suites.has(name);

/**
 * The suites of a list such as "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,ECDHE-RSA-AES256-GCM-SHA384", by the
 * names that OpenSSL has for them. Those of TLS 1.3 are added if none of them is listed. No suite: undefined.
 * @throws {TypeError} with the name that nobody knows
 */
export function parseCipherSuites(text: string): readonly string[] | undefined {
  const names = text
    .split(/[\s,]+/)
    .filter((name) => name !== '')
    .map(openSslName);
  if (names.length === 0) return undefined;
  return names.some(isOfTls13) ? names : [...names, ...suitesOfTls13];
}

/** TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, as Go and IANA write it, is ECDHE-RSA-AES128-GCM-SHA256 here. */
function openSslName(name: string): string {
  const [, exchange, cipher] = /^TLS_([A-Z_]+)_WITH_(\w+)$/.exec(name) ?? [];
  const found =
    exchange === undefined
      ? name
      : `${exchange === 'RSA' ? '' : `${exchange}_`}${cipher}`
          .replace(/AES_(128|256)/, 'AES$1')
          .replace('_CBC', '')
          .replace('POLY1305_SHA256', 'POLY1305')
          .replaceAll('_', '-');
  if (isCipherSuite(found)) return found;
  throw new TypeError(`names of cipher suites that OpenSSL has; it has no ${name}`);
}
