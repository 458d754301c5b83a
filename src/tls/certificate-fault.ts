import type { X509Certificate } from 'node:crypto';
import { namesOf, peerNameOf } from './peer-name.ts';

/** What is wrong with a certificate or a handshake; events and log entries are counted by it. */
export type TlsFaultKind =
  | 'certificate expired'
  | 'certificate not yet valid'
  | 'certificate revoked'
  | 'wrong name'
  | 'unknown authority'
  | 'certificate missing'
  | 'certificate refused'
  | 'client not allowed'
  | 'no TLS'
  | 'no common version or cipher suite'
  | 'handshake failed'
  | 'handshake timed out'
  | 'session without a message';

/** Why a session of TLS or DTLS did not come about, as one sentence. */
export class TlsFault extends Error {
  readonly kind: TlsFaultKind;

  constructor(kind: TlsFaultKind, message: string) {
    super(message);
    this.name = 'TlsFault';
    this.kind = kind;
  }
}

const timeText = (date: Date): string => date.toISOString().replace('.000Z', 'Z');

export const expiredSince = ({ validToDate }: X509Certificate): string =>
  `has expired since ${timeText(validToDate)}`;
export const notBefore = ({ validFromDate }: X509Certificate): string =>
  `is not valid before ${timeText(validFromDate)}`;

/** The certificate of a peer does not have the name that was wanted. */
export const wrongName = (certificate: X509Certificate, wanted: string): TlsFault =>
  new TlsFault(
    'wrong name',
    `wrong name: the certificate has ${listedNames(namesOf(certificate))}, wanted ${wanted}`,
  );

/** The certificate of a client has no name that `allowedClients` has. */
export const notAllowed = (certificate: X509Certificate): TlsFault =>
  new TlsFault(
    'client not allowed',
    `client not allowed: allowedClients has none of ${listedNames(namesOf(certificate))}`,
  );

export const certificateMissing = (): TlsFault =>
  new TlsFault('certificate missing', 'client certificate missing');

/**
 * What the verification of a peer's certificate found.
 * @param code OpenSSL's name of the result, without X509_V_ERR_, as Node gives it: CERT_HAS_EXPIRED
 */
export function verificationFault(code: string, certificate: X509Certificate, nowMs: number): TlsFault {
  const who = `the certificate of ${peerNameOf(certificate)}`;
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      // The result does not tell which certificate of the chain has expired.
      return certificate.validToDate.getTime() < nowMs
        ? new TlsFault('certificate expired', `${who} ${expiredSince(certificate)}`)
        : new TlsFault('certificate expired', `an authority that signed ${who} has expired`);
    case 'CERT_NOT_YET_VALID':
      return certificate.validFromDate.getTime() > nowMs
        ? new TlsFault('certificate not yet valid', `${who} ${notBefore(certificate)}`)
        : new TlsFault('certificate not yet valid', `an authority that signed ${who} is not valid yet`);
    case 'CERT_REVOKED':
      return new TlsFault('certificate revoked', `${who} is revoked`);
    case 'UNABLE_TO_GET_CRL':
      return new TlsFault(
        'certificate refused',
        `${who} cannot be used: crlFile has no list of ${issuerOf(certificate)}, or of one above it`,
      );
    case 'CRL_HAS_EXPIRED':
      return new TlsFault(
        'certificate refused',
        `${who} cannot be used: the revocation list of its authority has expired`,
      );
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'CERT_SIGNATURE_FAILURE':
    case 'CERT_UNTRUSTED':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return new TlsFault('unknown authority', `unknown authority: ${issuerOf(certificate)} signed ${who}`);
    default:
      return new TlsFault('certificate refused', `${who} cannot be used: ${code}`);
  }
}

/** The authority that signed a certificate, by its CN or all of its name. */
export function issuerOf(certificate: X509Certificate): string {
  const { CN } = certificate.toLegacyObject().issuer as { readonly CN?: string | readonly string[] };
  const common = typeof CN === 'string' ? CN : CN?.[0];
  if (certificate.issuer === certificate.subject) return 'itself';
  return `"${common ?? certificate.issuer.replaceAll('\n', ', ')}"`;
}

/** At most eight names. */
function listedNames(names: readonly string[]): string {
  if (names.length === 0) return 'no name';
  return names.length <= 8
    ? names.join(', ')
    : `${names.slice(0, 8).join(', ')} and ${names.length - 8} more`;
}
