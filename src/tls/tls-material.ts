import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { WeirError } from '../runtime/index.ts';
import { expiredSince, notBefore } from './certificate-fault.ts';
import { peerNameOf } from './peer-name.ts';
import type { TlsPaths } from './tls-settings.ts';

/** What one end of TLS or DTLS works with, as its files hold it. */
export interface TlsMaterial {
  /** PEM certificates of the authorities that it trusts. */
  readonly ca: Buffer;
  /** PEM revocation lists of these authorities. */
  readonly crl: Buffer | undefined;
  /** Undefined for a client that shows no certificate. */
  readonly own: OwnCertificate | undefined;
}

/** Who one end is. */
export interface OwnCertificate {
  /** PEM certificate that it shows, then those between it and the root. */
  readonly cert: Buffer;
  /** PEM private key. */
  readonly key: Buffer;
  /** The certificate that it shows. */
  readonly certificate: X509Certificate;
}

/** A text in PEM, and where it stands: the path of a file, or a key of a Secret. */
export interface PemPart {
  readonly octets: Buffer;
  readonly place: string;
}

/** The texts of one end, not checked yet. */
export interface PemParts {
  readonly ca: PemPart;
  readonly crl?: PemPart | undefined;
  /** Undefined for a client that shows no certificate. */
  readonly own?: { readonly cert: PemPart; readonly key: PemPart } | undefined;
}

/** No certificate or key is larger; a bundle of all public authorities has 220 KB. */
const MAX_FILE_OCTETS = 1_048_576;

/**
 * Reads the files and checks that they belong together. An expired certificate is no fault here.
 * @throws {WeirError} WEIR_TLS_FILES_MISSING, WEIR_TLS_FILES_INVALID
 */
export function readTlsMaterial(paths: TlsPaths): TlsMaterial {
  const { caFile, certFile, keyFile, isCertificateOptional = false } = paths;
  const crlFile = crlFileOf(paths);
  const hasList = paths.crlFile !== undefined || existsSync(crlFile);
  const isMissing = isCertificateOptional && !existsSync(certFile) && !existsSync(keyFile);
  return tlsMaterialOf({
    ca: readPem(caFile),
    crl: hasList ? readPem(crlFile) : undefined,
    own: isMissing ? undefined : { cert: readPem(certFile), key: readPem(keyFile) },
  });
}

/**
 * Checks that texts belong together. An expired certificate is no fault here.
 * @throws {WeirError} WEIR_TLS_FILES_INVALID
 */
export function tlsMaterialOf({ ca, crl, own }: PemParts): TlsMaterial {
  expectSize(ca);
  certificatesIn(ca);
  if (crl !== undefined) {
    expectSize(crl);
    readPart(() => createSecureContext({ crl: crl.octets }), crl.place, 'PEM revocation lists');
  }
  return { ca: ca.octets, crl: crl?.octets, own: own && ownCertificate(own.cert, own.key) };
}

function ownCertificate(cert: PemPart, key: PemPart): OwnCertificate {
  for (const part of [cert, key]) expectSize(part);
  const [certificate] = certificatesIn(cert);
  const expected = 'a PEM private key without a passphrase';
  const privateKey = readPart(() => createPrivateKey(key.octets), key.place, expected);
  if (!certificate!.checkPrivateKey(privateKey)) {
    throw invalidFilesError(`${key.place} is not the key of the certificate in ${cert.place}`);
  }
  return { cert: cert.octets, key: key.octets, certificate: certificate! };
}

const crlFileOf = ({ caFile, crlFile }: TlsPaths): string => crlFile ?? join(dirname(caFile), 'ca.crl');

/** Why a certificate cannot be used now, as a sentence; undefined if it can. */
export function untimelinessOf(certificate: X509Certificate, nowMs: number): string | undefined {
  const name = `the certificate of ${peerNameOf(certificate)}`;
  if (certificate.validToDate.getTime() < nowMs) return `${name} ${expiredSince(certificate)}`;
  return certificate.validFromDate.getTime() > nowMs ? `${name} ${notBefore(certificate)}` : undefined;
}

/** Changes when one of the files does, or its link. */
export const stateOf = (paths: TlsPaths): string =>
  [paths.caFile, paths.certFile, paths.keyFile, crlFileOf(paths)]
    .map((path) => {
      const found = statSync(path, { throwIfNoEntry: false });
      return found === undefined ? 'none' : `${found.ino} ${found.size} ${found.mtimeMs} ${found.ctimeMs}`;
    })
    .join(', ');

const readPem = (path: string): PemPart => ({ octets: readOctets(path), place: path });

function expectSize({ octets, place }: PemPart): void {
  if (octets.length > MAX_FILE_OCTETS)
    throw invalidFilesError(`${place}: expected ${MAX_FILE_OCTETS} octets at most`);
}

function readOctets(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code !== 'ENOENT') throw invalidFilesError(`${path} cannot be read: ${message}`, cause);
    throw new WeirError('WEIR_TLS_FILES_MISSING', `TLS needs certificates, and ${path} is not there`, {
      cause,
      remedy:
        'Make them: "weir certs init" on the host of the aggregator, "weir certs issue NAME" there for each agent. Or use tcp.',
    });
  }
}

/**
 * The certificates of a PEM text, in its order; at least one.
 * @throws {WeirError} WEIR_TLS_FILES_INVALID
 */
export function certificatesIn({ octets, place }: PemPart): X509Certificate[] {
  const text = octets.toString('latin1');
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  const expected = 'PEM certificates';
  if (blocks === null) throw invalidFilesError(`${place}: expected ${expected}, found none`);
  return blocks.map((block) => readPart(() => new X509Certificate(block), place, expected));
}

function readPart<T>(read: () => T, place: string, expected: string): T {
  try {
    return read();
  } catch (cause) {
    throw invalidFilesError(`${place}: expected ${expected}, found one that cannot be read`, cause);
  }
}

const invalidFilesError = (message: string, cause?: unknown) =>
  new WeirError('WEIR_TLS_FILES_INVALID', message, {
    cause,
    remedy: '"weir certs show" lists what each file holds.',
  });
