import { createPublicKey, type X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { WeirError } from '../runtime/index.ts';
import {
  AUTHORITY_DAYS,
  type Authority,
  keyText,
  newKeyPair,
  openAuthority,
  openAuthorityOfAnyAge,
} from './authority.ts';
import { certificateFiles } from './certificate-files.ts';
import {
  CERTIFICATE_MODE,
  expectOwnFolder,
  KEY_MODE,
  type NewFile,
  readGuardedFile,
  replaceFiles,
} from './guarded-files.ts';
import type { LeafRole } from './issue.ts';
import { noteIssued } from './issued-list.ts';
import { areOneKey, readPem } from './pem-file.ts';
import { signAgain, signLeaf, validityOf } from './signed-certificate.ts';
import { oneLine, subjectOf } from './subject-text.ts';

export interface RenewalRequest {
  readonly days: number;
  /** A new key, too. Otherwise the key stays. */
  readonly newKey: boolean;
  /** Instead of the names that the certificate of an aggregator has. */
  readonly names?: readonly string[];
}

/** A certificate that took the place of an earlier one. */
export interface RenewedCertificate {
  readonly path: string;
  readonly certificate: X509Certificate;
  readonly hasNewKey: boolean;
}

const roles: readonly LeafRole[] = ['aggregator', 'agent'];

/**
 * Makes the certificates of a folder anew. They keep their names, and their key unless a new one is asked
 * for. The file with the key is replaced immediately before that of the certificate. A reader that finds one
 * of each sees two that do not match, and must keep what it has.
 * @throws {WeirError} when the authority did not sign them, or cannot sign; then nothing has changed
 */
export async function renewFolder(
  authorityFolder: string,
  folder: string,
  request: RenewalRequest,
  now: number,
): Promise<RenewedCertificate[]> {
  const authority = await openAuthority(authorityFolder, now);
  await expectOwnFolder(folder);
  const renewals = [];
  for (const role of roles) {
    const path = join(folder, certificateFiles[role]);
    const earlier = await readCertificate(path);
    if (earlier === undefined) continue;
    expectSigned(earlier, path, authority);
    renewals.push({ path, ...(await renewOne(earlier, folder, role, authority, request, now)) });
  }
  if (renewals.length === 0) {
    const names = roles.map((role) => certificateFiles[role]).join(' or ');
    throw new WeirError('WEIR_CERTS_FILE', `${folder}: expected ${names}, found neither`, {
      remedy: 'Name the directory that has the certificate, or make one with "weir certs issue".',
    });
  }
  for (const { certificate } of renewals) await noteIssued(authorityFolder, certificate);
  await replaceFiles(
    folder,
    renewals.flatMap(({ files }) => files),
  );
  return renewals.map(({ path, certificate }) => ({ path, certificate, hasNewKey: request.newKey }));
}

async function renewOne(
  earlier: X509Certificate,
  folder: string,
  role: LeafRole,
  authority: Authority,
  { days, newKey, names }: RenewalRequest,
  now: number,
): Promise<{ certificate: X509Certificate; files: NewFile[] }> {
  const keyName = certificateFiles[`${role}Key`];
  if (!newKey) await expectItsKey(earlier, join(folder, keyName));
  const keys = newKey ? newKeyPair() : undefined;
  const publicKey = keys?.publicKey ?? earlier.publicKey;
  const validity = validityOf(now, days, authority.certificate);
  const certificate =
    names !== undefined && role === 'aggregator'
      ? await signLeaf(names, true, publicKey, authority, validity)
      : await signAgain(earlier, publicKey, authority, validity);
  const files: NewFile[] = [
    ...(keys === undefined ? [] : [{ name: keyName, text: keyText(keys), mode: KEY_MODE }]),
    { name: certificateFiles[role], text: certificate.toString(), mode: CERTIFICATE_MODE },
  ];
  return { certificate, files };
}

/**
 * Makes the certificate of the authority anew, with its name and key. So both its certificates verify what it
 * has signed, and hosts may get the new one in any order.
 */
export async function renewAuthority(folder: string, now: number): Promise<RenewedCertificate> {
  const authority = await openAuthorityOfAnyAge(folder);
  const path = join(folder, certificateFiles.authority);
  if (!authority.certificate.checkIssued(authority.certificate)) {
    const issuer = oneLine(authority.certificate.issuer);
    throw foreignError(`${path}: the certificate of the authority was signed by "${issuer}"`);
  }
  const publicKey = createPublicKey(authority.key);
  const validity = validityOf(now, AUTHORITY_DAYS);
  const certificate = await signAgain(authority.certificate, publicKey, authority, validity);
  const text = authority.trusted.map((one) => (one === authority.certificate ? certificate : one)).join('');
  await replaceFiles(folder, [{ name: certificateFiles.authority, text, mode: CERTIFICATE_MODE }]);
  return { path, certificate, hasNewKey: false };
}

async function readCertificate(path: string): Promise<X509Certificate | undefined> {
  const text = await readGuardedFile(path);
  if (text === undefined) return undefined;
  const [found] = readPem(text);
  if (found?.kind === 'certificate') return found.certificate;
  throw new WeirError('WEIR_CERTS_FILE', `${path}: expected a certificate in PEM, found none`, {
    remedy: 'Move the file away, and make the certificate with "weir certs issue".',
  });
}

function expectSigned(certificate: X509Certificate, path: string, { certificate: signer }: Authority): void {
  if (certificate.checkIssued(signer) && certificate.verify(signer.publicKey)) return;
  const issuer = oneLine(certificate.issuer);
  throw foreignError(`${path} was signed by "${issuer}", not by "${subjectOf(signer)}"`);
}

const foreignError = (message: string): WeirError =>
  new WeirError('WEIR_CERTS_FOREIGN', message, {
    remedy: 'Only the authority that signed it can renew it: ask that authority.',
  });

async function expectItsKey(certificate: X509Certificate, path: string): Promise<void> {
  const [found] = readPem((await readGuardedFile(path)) ?? '');
  if (found?.kind === 'key' && areOneKey(found.key, certificate)) return;
  const what =
    found === undefined ? 'none' : found.kind === 'key' ? 'another one' : 'one that cannot be read';
  throw new WeirError('WEIR_CERTS_FILE', `${path}: expected the key of the certificate, found ${what}`, {
    remedy: 'Make a new key with --new-key, or bring the right one.',
  });
}
