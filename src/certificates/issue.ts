import type { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { WeirError } from '../runtime/index.ts';
import {
  type Authority,
  expectNoAuthority,
  keyText,
  newAuthority,
  newKeyPair,
  openAuthority,
} from './authority.ts';
import { certificateFiles } from './certificate-files.ts';
import {
  CERTIFICATE_MODE,
  KEY_MODE,
  makeGuardedFolder,
  type NewFile,
  readGuardedFile,
  writeNewFiles,
} from './guarded-files.ts';
import { noteIssued } from './issued-list.ts';
import { type PemContent, readPem } from './pem-file.ts';
import { signLeaf, validityOf } from './signed-certificate.ts';

/**
 * What a certificate is for. An aggregator is a server; it is also a client of collectors that it sends to.
 */
export type LeafRole = 'agent' | 'aggregator';

export interface LeafRequest {
  readonly role: LeafRole;
  /** DNS names and IP addresses, at least one; the first names the host. */
  readonly names: readonly string[];
  readonly days: number;
}

/** What was written. */
export interface IssuedFiles {
  readonly authority: X509Certificate;
  readonly certificate: X509Certificate;
}

/**
 * Makes an authority and the certificate of an aggregator in a folder, which is made if it is missing.
 * @param now milliseconds since 1970
 * @throws {WeirError} when one of the files exists, or the folder cannot be written to
 */
export async function initFolder(folder: string, request: LeafRequest, now: number): Promise<IssuedFiles> {
  await makeGuardedFolder(folder, 0o755);
  await expectNoAuthority(folder);
  await expectNoLeaf(folder, request.role, folder);
  const authority = await newAuthority(now);
  const leaf = await newLeaf(authority, request, now);
  await writeNewFiles(folder, [...authority.files, ...leaf.files]);
  await noteIssued(folder, leaf.certificate);
  return { authority: authority.certificate, certificate: leaf.certificate };
}

/**
 * Writes the certificate of a host, its key, and the certificate of the authority into a folder of the host.
 * @param authorityFolder the folder that has the authority
 * @throws {WeirError} when the authority cannot sign, or the folder has such a certificate or another
 * authority
 */
export async function issueCertificate(
  authorityFolder: string,
  folder: string,
  request: LeafRequest,
  now: number,
): Promise<IssuedFiles> {
  const authority = await openAuthority(authorityFolder, now);
  await makeGuardedFolder(folder, 0o755); // scp gives the folder of the host the same rights
  await expectNoLeaf(folder, request.role, authorityFolder);
  const leaf = await newLeaf(authority, request, now);
  await noteIssued(authorityFolder, leaf.certificate);
  await writeNewFiles(folder, [...(await missingAuthority(folder, authority)), ...leaf.files]);
  return { authority: authority.certificate, certificate: leaf.certificate };
}

async function newLeaf(
  authority: Authority,
  { role, names, days }: LeafRequest,
  now: number,
): Promise<{ certificate: X509Certificate; files: readonly NewFile[] }> {
  const keys = newKeyPair();
  const validity = validityOf(now, days, authority.certificate);
  const certificate = await signLeaf(names, role === 'aggregator', keys.publicKey, authority, validity);
  const files = [
    { name: certificateFiles[`${role}Key`], text: keyText(keys), mode: KEY_MODE },
    { name: certificateFiles[role], text: certificate.toString(), mode: CERTIFICATE_MODE },
  ];
  return { certificate, files };
}

async function expectNoLeaf(folder: string, role: LeafRole, authorityFolder: string): Promise<void> {
  for (const name of [certificateFiles[role], certificateFiles[`${role}Key`]]) {
    const path = join(folder, name);
    if ((await readGuardedFile(path)) === undefined) continue;
    throw new WeirError('WEIR_CERTS_EXIST', `${path} already exists, and is not replaced`, {
      remedy: `Renew the certificate with "weir certs renew ${folder} --dir ${authorityFolder}", or move the file away.`,
    });
  }
}

/** The authority's certificate, unless the folder has it. */
async function missingAuthority(folder: string, authority: Authority): Promise<NewFile[]> {
  const name = certificateFiles.authority;
  const found = await readGuardedFile(join(folder, name));
  if (found === undefined) return [{ name, text: authority.trusted.join(''), mode: CERTIFICATE_MODE }];
  const isSame = (one: PemContent) =>
    one.kind === 'certificate' && one.certificate.fingerprint256 === authority.certificate.fingerprint256;
  if (readPem(found).some(isSame)) return [];
  throw new WeirError('WEIR_CERTS_EXIST', `${join(folder, name)} is the certificate of another authority`, {
    remedy: 'Name another directory with --out, or move that file away.',
  });
}
