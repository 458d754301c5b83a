import 'reflect-metadata'; // the library's own libraries ask for it before they load
import { type KeyObject, randomBytes, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
  X509Certificate as X509Structure,
} from '@peculiar/x509';
import { WeirError } from '../runtime/index.ts';

const DAY_MS = 86_400_000;

/**
 * How long before its making a certificate begins to be valid. Clocks of hosts differ, and a host whose clock
 * is behind would refuse a new certificate.
 */
const BACKDATED_MS = 3_600_000;

/** What signs: a private key, and the certificate of its owner. */
export interface Signer {
  readonly key: KeyObject;
  /** Undefined while an authority signs its own first certificate. */
  readonly certificate?: X509Certificate;
}

export interface Validity {
  readonly from: Date;
  readonly until: Date;
}

/**
 * A validity of some days from now. It ends no later than the signer's.
 * @param now milliseconds since 1970
 */
export function validityOf(now: number, days: number, signer?: X509Certificate): Validity {
  const until = Math.min(now + days * DAY_MS, signer?.validToDate.getTime() ?? Number.POSITIVE_INFINITY);
  return { from: wholeSecond(now - BACKDATED_MS), until: wholeSecond(until) };
}

/** Certificates know no smaller unit of time. */
const wholeSecond = (ms: number): Date => new Date(Math.floor(ms / 1_000) * 1_000);

/**
 * Signs the certificate of an authority. It may sign certificates of hosts, and none of other authorities.
 */
export function signAuthority(
  subject: string,
  publicKey: KeyObject,
  signer: Signer,
  validity: Validity,
): Promise<X509Certificate> {
  return signCertificate(distinguishedName(subject), publicKey, signer, validity, [
    new BasicConstraintsExtension(true, 0, true),
    new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
  ]);
}

/** Signs the certificate of a host: a client, and also a server if it `serves`. */
export function signLeaf(
  names: readonly string[],
  serves: boolean,
  publicKey: KeyObject,
  signer: Signer,
  validity: Validity,
): Promise<X509Certificate> {
  const usages = [...(serves ? [ExtendedKeyUsage.serverAuth] : []), ExtendedKeyUsage.clientAuth];
  const subject = names[0]!.length <= MAX_COMMON_NAME ? names[0]! : undefined;
  const alternatives = names.map((name) => ({ type: isIP(name) === 0 ? 'dns' : 'ip', value: name }) as const);
  return signCertificate(distinguishedName(subject), publicKey, signer, validity, [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new ExtendedKeyUsageExtension(usages),
    new SubjectAlternativeNameExtension(alternatives),
  ]);
}

/** Signs a certificate again: the names and uses of an earlier one, with another validity. */
export function signAgain(
  earlier: X509Certificate,
  publicKey: KeyObject,
  signer: Signer,
  validity: Validity,
): Promise<X509Certificate> {
  const { subjectName, extensions } = new X509Structure(earlier.raw);
  const ofKeys = [SubjectKeyIdentifierExtension, AuthorityKeyIdentifierExtension];
  const kept = extensions.filter((extension) => !ofKeys.some((kind) => extension instanceof kind));
  return signCertificate(subjectName, publicKey, signer, validity, kept);
}

/**
 * Maximum characters of a common name (RFC 5280 appendix A). Longer names stand among the alternatives only.
 */
const MAX_COMMON_NAME = 64;

const distinguishedName = (commonName: string | undefined): Name =>
  new Name([{ O: ['Weir'] }, ...(commonName === undefined ? [] : [{ CN: [commonName] }])]);

async function signCertificate(
  subject: Name,
  publicKey: KeyObject,
  { key, certificate }: Signer,
  { from, until }: Validity,
  extensions: readonly Extension[],
): Promise<X509Certificate> {
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const issuer = certificate === undefined ? undefined : new X509Structure(certificate.raw);
  const algorithm = algorithmOf(key);
  const signed = await X509CertificateGenerator.create({
    serialNumber: randomSerial(),
    subject,
    issuer: issuer?.subjectName ?? subject,
    notBefore: from,
    notAfter: until,
    publicKey: spki,
    signingKey: key.toCryptoKey(algorithm, false, ['sign']),
    signingAlgorithm: algorithm,
    extensions: [
      ...extensions,
      await SubjectKeyIdentifierExtension.create(spki),
      await keyIdentifierOf(issuer, spki),
    ],
  });
  return new X509Certificate(Buffer.from(signed.rawData));
}

/** The signer's key, as its certificate names it: authorities derive these names in different ways. */
export function keyIdentifierOf(issuer: X509Structure | undefined, own: ArrayBuffer | Buffer) {
  const named = issuer?.getExtension(SubjectKeyIdentifierExtension)?.keyId;
  return named === undefined
    ? AuthorityKeyIdentifierExtension.create(issuer?.publicKey ?? own)
    : new AuthorityKeyIdentifierExtension(named);
}

/** 126 random bits: positive, of 16 octets. */
function randomSerial(): string {
  const octets = randomBytes(16);
  octets[0] = (octets[0]! & 0x3f) | 0x40;
  return octets.toString('hex');
}

const curves: Readonly<Record<string, [curve: string, hash: string]>> = {
  prime256v1: ['P-256', 'SHA-256'],
  secp384r1: ['P-384', 'SHA-384'],
  secp521r1: ['P-521', 'SHA-512'],
};

/** How a key signs. Authorities that Weir has not made may have other keys than its own. */
export function algorithmOf({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject) {
  const [namedCurve, curveHash] = curves[details?.namedCurve ?? ''] ?? [];
  if (type === 'ec' && namedCurve !== undefined && curveHash !== undefined) {
    return { name: 'ECDSA', namedCurve, hash: curveHash };
  }
  if (type === 'rsa') return { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  if (type === 'ed25519') return { name: 'Ed25519' };
  const found = [type, details?.namedCurve].filter(Boolean).join(' ');
  throw new WeirError(
    'WEIR_CERTS_AUTHORITY',
    `the authority's key: expected an RSA, ECDSA (P-256, P-384, P-521) or Ed25519 key, found ${found}`,
    { remedy: 'Issue the certificates with the tools of that authority.' },
  );
}
