import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { PemPair } from '../../certificates/index.ts';
import { describeError } from '../../runtime/index.ts';
import { certificatesIn } from '../../tls/index.ts';
import { dataKeys, type IdentityData } from './identity-store.ts';

/** The authorities in the Secret. */
export interface AuthorityState {
  /** It signs. */
  readonly active: SigningPair;
  /** It signs later: everybody trusts it already. */
  readonly next?: SigningPair;
  /** Those that signed earlier. Everybody trusts them until they end. */
  readonly previous: readonly X509Certificate[];
}

/** A certificate and its key, which have been checked. */
export interface SigningPair extends PemPair {
  readonly x509: X509Certificate;
}

/**
 * Reads the Secret's data. A next authority that cannot be read counts as missing.
 * @throws {Error} what is wrong with the active authority; it never has a part of a key
 */
export function readAuthority(data: IdentityData): AuthorityState {
  const active = readPair(data, dataKeys.certificate, dataKeys.key);
  expectAuthority(active.x509, dataKeys.certificate);
  const next = readNext(data);
  return { active, ...(next && { next }), previous: readPrevious(data[dataKeys.previous]) };
}

/** The data of the Secret for a state. */
export function authorityData({ active, next, previous }: AuthorityState): IdentityData {
  return {
    [dataKeys.certificate]: active.certificate,
    [dataKeys.key]: active.key,
    ...(next && { [dataKeys.nextCertificate]: next.certificate, [dataKeys.nextKey]: next.key }),
    ...(previous.length > 0 && { [dataKeys.previous]: previous.join('') }),
  };
}

/** The certificates that everybody trusts, in PEM: that of the active authority first. */
export const bundleOf = ({ active, next, previous }: AuthorityState): string =>
  [active.x509, ...(next === undefined ? [] : [next.x509]), ...previous].join('');

/** A pair that Weir has just made. */
export const signingPair = (pair: PemPair): SigningPair => ({
  ...pair,
  x509: new X509Certificate(pair.certificate),
});

/** @throws {Error} when one of the two is missing or broken, or the key belongs to another certificate */
export function readPair(data: IdentityData, certificateKey: string, keyKey: string): SigningPair {
  const [x509] = readCertificates(data[certificateKey], certificateKey);
  const key = data[keyKey];
  if (key === undefined) throw new Error(`it has no ${keyKey}`);
  if (!isKeyOf(x509!, key, keyKey)) throw new Error(`${keyKey} is not the key of ${certificateKey}`);
  return { certificate: x509!.toString(), key, x509: x509! };
}

function isKeyOf(certificate: X509Certificate, key: string, name: string): boolean {
  let parsed: ReturnType<typeof createPrivateKey>;
  try {
    parsed = createPrivateKey(key);
  } catch {
    throw new Error(`${name} is no private key in PEM without a passphrase`);
  }
  try {
    return certificate.checkPrivateKey(parsed);
  } catch {
    return false; // keys of different kinds
  }
}

/** @throws {Error} when a text is missing or has anything but certificates */
export function readCertificates(text: string | undefined, name: string): X509Certificate[] {
  if (text === undefined) throw new Error(`it has no ${name}`);
  return certificatesIn({ octets: Buffer.from(text), place: name });
}

function readNext(data: IdentityData): SigningPair | undefined {
  try {
    const next = readPair(data, dataKeys.nextCertificate, dataKeys.nextKey);
    expectAuthority(next.x509, dataKeys.nextCertificate);
    return next;
  } catch {
    return undefined;
  }
}

function readPrevious(text: string | undefined): X509Certificate[] {
  if (text === undefined) return [];
  try {
    return readCertificates(text, dataKeys.previous);
  } catch {
    return [];
  }
}

function expectAuthority(certificate: X509Certificate, name: string): void {
  if (!certificate.ca) throw new Error(`${name} is the certificate of a host, not of an authority`);
}

/** The first line of an error. The others are remedies for files, which this place does not have. */
export const faultText = (error: unknown): string => describeError(error).split('\n')[0]!;
