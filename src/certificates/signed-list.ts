import 'reflect-metadata'; // the library's own libraries ask for it before they load
import type { X509Certificate } from 'node:crypto';
import { PemConverter, X509Crl, X509CrlGenerator, X509Certificate as X509Structure } from '@peculiar/x509';
import { describeError, WeirError } from '../runtime/index.ts';
import { AUTHORITY_DAYS, type Authority } from './authority.ts';
import { algorithmOf, keyIdentifierOf, validityOf } from './signed-certificate.ts';

/** A line of a revocation list. */
export interface RevokedCertificate {
  /** Hexadecimal. */
  readonly serialNumber: string;
  readonly revocationDate: Date;
}

/**
 * A revocation list in PEM (RFC 5280 section 5). It is valid as long as its authority: nobody has to make it
 * anew for its own sake.
 */
export async function signList(
  entries: readonly RevokedCertificate[],
  { certificate, key }: Authority,
  now: number,
): Promise<string> {
  const issuer = new X509Structure(certificate.raw);
  const { from: thisUpdate, until: nextUpdate } = validityOf(now, AUTHORITY_DAYS, certificate);
  const algorithm = algorithmOf(key);
  const list = await X509CrlGenerator.create({
    issuer: issuer.subjectName,
    thisUpdate,
    nextUpdate,
    entries: [...entries],
    extensions: [await keyIdentifierOf(issuer, issuer.publicKey.rawData)],
    signingAlgorithm: algorithm,
    signingKey: key.toCryptoKey(algorithm, false, ['sign']),
  });
  return `${PemConverter.encode(list.rawData, 'X509 CRL')}\n`;
}

/** @throws {WeirError} WEIR_CERTS_FILE when it is no list of this authority */
export function entriesOfList(text: string, path: string, authority: X509Certificate): RevokedCertificate[] {
  const list = readList(text, path);
  if (list.issuer === new X509Structure(authority.raw).subject) return [...list.entries];
  throw new WeirError('WEIR_CERTS_FILE', `${path} is the revocation list of another authority`, {
    remedy: 'Move it away, or name the directory of that authority with --dir.',
  });
}

function readList(text: string, path: string): X509Crl {
  try {
    return new X509Crl(text);
  } catch (error) {
    throw new WeirError('WEIR_CERTS_FILE', `${path}: expected a revocation list: ${describeError(error)}`, {
      cause: error,
      remedy: 'Move it away. A new list has only what is revoked from now on.',
    });
  }
}
