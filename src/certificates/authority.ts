import { generateKeyPairSync, type KeyObject, type X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { WeirError } from '../runtime/index.ts';
import { certificateFiles } from './certificate-files.ts';
import {
  CERTIFICATE_MODE,
  expectOwnFolder,
  KEY_MODE,
  type NewFile,
  readGuardedFile,
} from './guarded-files.ts';
import { areOneKey, readPem } from './pem-file.ts';
import { signAuthority, validityOf } from './signed-certificate.ts';
import { subjectOf } from './subject-text.ts';

const { authority: CERTIFICATE, authorityKey: KEY } = certificateFiles;

/** Ten years: every host must get the next certificate before that. */
export const AUTHORITY_DAYS = 3_650;

/** What signs the certificates of hosts. */
export interface Authority {
  readonly certificate: X509Certificate;
  readonly key: KeyObject;
  /** All of ca.crt, which may have further authorities that a host trusts. */
  readonly trusted: readonly X509Certificate[];
}

export interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** A new ECDSA key on P-256, which every TLS library has. */
export const newKeyPair = (): KeyPair => generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** A private key as the text of a file. */
export const keyText = ({ privateKey }: KeyPair): string =>
  privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

/** Makes an authority, and its files, which it does not write. */
export async function newAuthority(now: number): Promise<Authority & { readonly files: readonly NewFile[] }> {
  const { certificate, keys } = await signOwnAuthority(now, AUTHORITY_DAYS);
  const files = [
    { name: KEY, text: keyText(keys), mode: KEY_MODE },
    { name: CERTIFICATE, text: certificate.toString(), mode: CERTIFICATE_MODE },
  ];
  return { certificate, key: keys.privateKey, trusted: [certificate], files };
}

/** Makes the keys of an authority, and the certificate that it signs for itself. */
export async function signOwnAuthority(
  now: number,
  days: number,
): Promise<{ readonly certificate: X509Certificate; readonly keys: KeyPair }> {
  const keys = newKeyPair();
  // Names of authorities differ: some TLS libraries look for the signer of a certificate by its name alone.
  const name = `Weir authority ${keyNumber(keys.publicKey)}`;
  const validity = validityOf(now, days);
  const certificate = await signAuthority(name, keys.publicKey, { key: keys.privateKey }, validity);
  return { certificate, keys };
}

/** @throws {WeirError} WEIR_CERTS_EXIST when a folder has an authority */
export async function expectNoAuthority(folder: string): Promise<void> {
  for (const name of [CERTIFICATE, KEY]) {
    if ((await readGuardedFile(join(folder, name))) !== undefined) throw existingAuthorityError(folder);
  }
}

function keyNumber(key: KeyObject): string {
  const { x = '' } = key.export({ format: 'jwk' });
  return Buffer.from(x, 'base64url').toString('hex').slice(0, 8);
}

const existingAuthorityError = (folder: string): WeirError =>
  new WeirError('WEIR_CERTS_EXIST', `${folder} already has an authority (${CERTIFICATE} or ${KEY})`, {
    remedy:
      'Another host gets its certificate from it: "weir certs issue NAME", with --aggregator for an aggregator.\n' +
      `  To begin anew, move ${join(folder, CERTIFICATE)} and ${join(folder, KEY)} away: all certificates of that authority are worthless then.`,
  });

/**
 * Opens the authority in a folder.
 * @throws {WeirError} WEIR_CERTS_AUTHORITY: it is missing, has expired, or its key is elsewhere
 */
export async function openAuthority(folder: string, now: number): Promise<Authority> {
  const authority = await openAuthorityOfAnyAge(folder);
  expectValid(authority.certificate, join(folder, CERTIFICATE), now);
  return authority;
}

/** The same for an authority that is to be renewed, and so may have expired. */
export async function openAuthorityOfAnyAge(folder: string): Promise<Authority> {
  await expectOwnFolder(folder);
  const [certificatePath, keyPath] = [join(folder, CERTIFICATE), join(folder, KEY)];
  const text = await readGuardedFile(certificatePath);
  if (text === undefined) {
    throw authorityError(
      `${certificatePath}: expected the certificate of the authority, found no such file`,
      [`Make an authority: weir certs init --dir ${folder}`, 'Or run this command on the host that has it.'],
    );
  }
  const trusted = readPem(text).flatMap((one) => (one.kind === 'certificate' ? [one.certificate] : []));
  const key = await readKey(keyPath, trusted[0]);
  const certificate = trusted.find((one) => areOneKey(key, one));
  if (certificate === undefined) {
    throw authorityError(
      `${keyPath}: expected the key of a certificate in ${certificatePath}, found another key`,
      ['Bring both files of one authority.'],
    );
  }
  if (!certificate.ca) {
    throw authorityError(
      `${certificatePath}: expected the certificate of an authority, found that of a host`,
      ['Bring the certificate that may sign others.'],
    );
  }
  return { certificate, key, trusted };
}

async function readKey(path: string, certificate: X509Certificate | undefined): Promise<KeyObject> {
  const text = await readGuardedFile(path);
  if (text === undefined) {
    const name = certificate === undefined ? '' : ` of "${subjectOf(certificate)}"`;
    throw authorityError(`${path}: expected the key of the authority${name}, found no such file`, [
      'Run this command on the host where "weir certs init" ran.',
      'An authority that Weir has not made must issue and renew its certificates itself.',
    ]);
  }
  const [found] = readPem(text);
  if (found?.kind === 'key') return found.key;
  const what = found === undefined ? 'no PEM' : found.kind === 'broken' ? found.reason : `an ${found.kind}`;
  throw authorityError(`${path}: expected a private key in PEM, found ${what}`, [
    'Bring the key without a passphrase, or issue certificates with the tools of that authority.',
  ]);
}

function expectValid(certificate: X509Certificate, path: string, now: number): void {
  if (certificate.validToDate.getTime() > now) return;
  const since = certificate.validToDate.toISOString().slice(0, 10);
  throw authorityError(`${path}: the authority expired on ${since}`, [
    'Renew it with "weir certs renew --authority", then copy ca.crt to every host.',
  ]);
}

const authorityError = (message: string, remedies: readonly string[]): WeirError =>
  new WeirError('WEIR_CERTS_AUTHORITY', message, { remedy: remedies.join('\n  ') });
