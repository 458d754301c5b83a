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

/** No certificate or key is larger; a bundle of all public authorities has 220 KB. */
const MAX_FILE_OCTETS = 1_048_576;

/**
 * Reads the files and checks that they belong together. An expired certificate is no fault here.
 * @throws {WeirError} WEIR_TLS_FILES_MISSING, WEIR_TLS_FILES_INVALID
 */
export function readTlsMaterial(paths: TlsPaths): TlsMaterial {
  const { caFile, certFile, keyFile, isCertificateOptional = false } = paths;
  const ca = readPem(caFile);
  certificatesIn(ca, caFile);
  const crlFile = crlFileOf(paths);
  const crl = paths.crlFile === undefined && !existsSync(crlFile) ? undefined : readList(crlFile);
  const isMissing = isCertificateOptional && !existsSync(certFile) && !existsSync(keyFile);
  return { ca, crl, own: isMissing ? undefined : readOwn(certFile, keyFile) };
}

function readOwn(certFile: string, keyFile: string): OwnCertificate {
  const [cert, key] = [readPem(certFile), readPem(keyFile)];
  const [certificate] = certificatesIn(cert, certFile);
  const privateKey = readPart(() => createPrivateKey(key), keyFile, 'a PEM private key without a passphrase');
  if (!certificate!.checkPrivateKey(privateKey)) {
    throw invalidFilesError(`${keyFile} is not the key of the certificate in ${certFile}`);
  }
  return { cert, key, certificate: certificate! };
}

const crlFileOf = ({ caFile, crlFile }: TlsPaths): string => crlFile ?? join(dirname(caFile), 'ca.crl');

function readList(path: string): Buffer {
  const crl = readPem(path);
  readPart(() => createSecureContext({ crl }), path, 'PEM revocation lists');
  return crl;
}

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

function readPem(path: string): Buffer {
  const octets = readOctets(path);
  if (octets.length > MAX_FILE_OCTETS)
    throw invalidFilesError(`${path}: expected ${MAX_FILE_OCTETS} octets at most`);
  return octets;
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

function certificatesIn(pem: Buffer, path: string): X509Certificate[] {
  const blocks = pem.toString('latin1').match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  const expected = 'PEM certificates';
  if (blocks === null) throw invalidFilesError(`${path}: expected ${expected}, found none`);
  return blocks.map((block) => readPart(() => new X509Certificate(block), path, expected));
}

function readPart<T>(read: () => T, path: string, expected: string): T {
  try {
    return read();
  } catch (cause) {
    throw invalidFilesError(`${path}: expected ${expected}, found one that cannot be read`, cause);
  }
}

const invalidFilesError = (message: string, cause?: unknown) =>
  new WeirError('WEIR_TLS_FILES_INVALID', message, {
    cause,
    remedy: '"weir certs show" lists what each file holds.',
  });
