import type { X509Certificate } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { WeirError } from '../runtime/index.ts';
import { openAuthority } from './authority.ts';
import { certificateFiles } from './certificate-files.ts';
import { CERTIFICATE_MODE, readGuardedFile, replaceFiles, writeNewFiles } from './guarded-files.ts';
import { readIssued } from './issued-list.ts';
import { readPem } from './pem-file.ts';
import { entriesOfList, type RevokedCertificate, signList } from './signed-list.ts';

/** What a revocation has written. */
export interface WrittenList {
  readonly path: string;
  /** Certificates that this revocation added, and all in the list. */
  readonly added: number;
  readonly total: number;
}

/**
 * Adds certificates to the revocation list of an authority, which is made if it is missing.
 * @param whom names that the authority has issued certificates for, or paths of certificates
 * @throws {WeirError} when one of them is not known; then nothing has changed
 */
export async function revokeCertificates(
  authorityFolder: string,
  whom: readonly string[],
  now: number,
): Promise<WrittenList> {
  const authority = await openAuthority(authorityFolder, now);
  const serials = await Promise.all(
    whom.map((one) => serialsOf(one, authorityFolder, authority.certificate, now)),
  );
  const name = certificateFiles.revocations;
  const path = join(authorityFolder, name);
  const text = await readGuardedFile(path);
  const earlier = text === undefined ? [] : entriesOfList(text, path, authority.certificate);
  const known = new Set(earlier.map(({ serialNumber }) => serialNumber.toLowerCase()));
  const added = [...new Set(serials.flat())].filter((serialNumber) => !known.has(serialNumber));
  const revoked: RevokedCertificate[] = added.map((serialNumber) => ({
    serialNumber,
    revocationDate: new Date(now),
  }));
  const entries = [...earlier, ...revoked];
  const file = { name, text: await signList(entries, authority, now), mode: CERTIFICATE_MODE };
  await (text === undefined ? writeNewFiles : replaceFiles)(authorityFolder, [file]);
  return { path, added: added.length, total: entries.length };
}

/** The serial numbers of a certificate's file, or of all valid certificates for a name; in lower case. */
async function serialsOf(
  whom: string,
  folder: string,
  authority: X509Certificate,
  now: number,
): Promise<string[]> {
  const found = await stat(whom).catch(() => undefined);
  if (found?.isFile()) return [serialOfFile(await readGuardedFile(whom), whom, authority)];
  const issued = (await readIssued(folder)).filter(
    ({ names, untilMs }) => untilMs > now && names.includes(whom),
  );
  if (issued.length > 0) return issued.map(({ serialNumber }) => serialNumber.toLowerCase());
  throw new WeirError('WEIR_CERTS_FILE', `${whom}: this authority has noted no valid certificate for it`, {
    remedy: 'Name the file of the certificate, such as node-1/agent.crt.',
  });
}

function serialOfFile(text: string | undefined, path: string, authority: X509Certificate): string {
  const [found] = readPem(text ?? '');
  if (found?.kind !== 'certificate') {
    throw new WeirError('WEIR_CERTS_FILE', `${path}: expected a certificate in PEM, found none`);
  }
  const { certificate } = found;
  if (certificate.checkIssued(authority)) return certificate.serialNumber.toLowerCase();
  throw new WeirError('WEIR_CERTS_FOREIGN', `${path} was not signed by this authority`, {
    remedy: 'Only the authority that signed it can revoke it.',
  });
}
