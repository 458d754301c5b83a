import type { KeyObject, X509Certificate } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { certificateFiles } from './certificate-files.ts';
import { type FoundFile, findFiles, OPEN_TO_ALL, OTHERS_WRITE } from './found-files.ts';
import { areOneKey, type PemContent } from './pem-file.ts';
import { oneLine, printableNamesOf } from './subject-text.ts';

const DAY_MS = 86_400_000;

/** A certificate or a key in a file, and what is wrong with it. All text is safe for a terminal. */
export interface CertificateEntry {
  readonly file: string;
  readonly kind: 'authority' | 'certificate' | 'key' | 'unknown';
  /** Of a certificate. */
  readonly details?: CertificateDetails;
  /** Of a key: the certificates in its directory that it belongs to. */
  readonly keyOf?: readonly string[];
  /** What is worth knowing and no fault. */
  readonly remarks: readonly string[];
  /** Empty when all is well. */
  readonly problems: readonly string[];
}

export interface CertificateDetails {
  readonly names: readonly string[];
  readonly subject: string;
  readonly issuer: string;
  readonly serialNumber: string;
  readonly validFrom: Date;
  readonly validUntil: Date;
  /** Whole days until the end, rounded down; negative after it. */
  readonly daysLeft: number;
  /** SHA-256 of the certificate, as openssl prints it. */
  readonly fingerprint: string;
}

/**
 * All certificates and keys in files and directories, in their order.
 * @param now milliseconds since 1970
 * @throws {WeirError} WEIR_CERTS_FILE when a path cannot be read
 */
export async function readCertificateEntries(
  paths: readonly string[],
  now: number,
): Promise<CertificateEntry[]> {
  const files = await findFiles(paths);
  const certificates = files.flatMap((file) =>
    file.contents.flatMap((one) => (one.kind === 'certificate' ? [{ file: file.path, ...one }] : [])),
  );
  return files.flatMap((file) =>
    file.contents.length === 0
      ? [{ ...emptyEntry(file.path, 'unknown'), problems: ['no certificate or key in it'] }]
      : file.contents.map((content) => entryOf(content, file, certificates, now)),
  );
}

interface PlacedCertificate {
  readonly file: string;
  readonly certificate: X509Certificate;
}

function entryOf(
  content: PemContent,
  file: FoundFile,
  all: readonly PlacedCertificate[],
  now: number,
): CertificateEntry {
  const { path } = file;
  const beside = all.filter(({ file: other }) => dirname(other) === dirname(path));
  switch (content.kind) {
    case 'certificate':
      return certificateEntry(content.certificate, file, beside, now);
    case 'key':
      return keyEntry(content.key, file, beside);
    case 'encrypted key':
      return {
        ...emptyEntry(path, 'key'),
        remarks: ['under a passphrase, not compared'],
        problems: openToOthers(file),
      };
    case 'closed':
      return { ...emptyEntry(path, 'unknown'), remarks: ['this user may not read it, not checked'] };
    case 'broken':
      return { ...emptyEntry(path, 'unknown'), problems: [content.reason] };
  }
}

const emptyEntry = (file: string, kind: CertificateEntry['kind']): CertificateEntry => ({
  file,
  kind,
  remarks: [],
  problems: [],
});

function certificateEntry(
  certificate: X509Certificate,
  { path, mode }: FoundFile,
  beside: readonly PlacedCertificate[],
  now: number,
): CertificateEntry {
  const { validFromDate: validFrom, validToDate: validUntil } = certificate;
  const problems = [
    ...(now > validUntil.getTime() ? ['expired'] : []),
    ...(now < validFrom.getTime() ? ['not valid yet'] : []),
    ...((mode & OTHERS_WRITE) === 0 ? [] : [OPEN_TO_ALL]),
  ];
  return {
    ...emptyEntry(path, certificate.ca ? 'authority' : 'certificate'),
    details: {
      names: printableNamesOf(certificate),
      subject: oneLine(certificate.subject),
      issuer: oneLine(certificate.issuer),
      serialNumber: certificate.serialNumber,
      validFrom,
      validUntil,
      daysLeft: Math.floor((validUntil.getTime() - now) / DAY_MS),
      fingerprint: certificate.fingerprint256,
    },
    remarks: certificate.ca ? [] : remarksOnSigner(certificate, beside),
    problems,
  };
}

/** No fault: the authority of the other end may be another one. */
function remarksOnSigner(certificate: X509Certificate, beside: readonly PlacedCertificate[]): string[] {
  const isTrusted = ({ file }: PlacedCertificate) => basename(file) === certificateFiles.authority;
  if (!beside.some(isTrusted) || leadsTo(isTrusted, certificate, beside, MAX_CHAIN)) return [];
  return [`not signed by ${certificateFiles.authority}`];
}

/** Maximum authorities between a certificate and one that is trusted. */
const MAX_CHAIN = 3;

/** Whether a signer of a certificate is the wanted one, or was signed by it. */
function leadsTo(
  isWanted: (one: PlacedCertificate) => boolean,
  certificate: X509Certificate,
  beside: readonly PlacedCertificate[],
  most: number,
): boolean {
  const signers = beside.filter(
    ({ certificate: signer }) =>
      signer.ca && certificate.checkIssued(signer) && certificate.verify(signer.publicKey),
  );
  return (
    signers.some(isWanted) ||
    (most > 0 && signers.some((one) => leadsTo(isWanted, one.certificate, beside, most - 1)))
  );
}

function keyEntry(key: KeyObject, file: FoundFile, beside: readonly PlacedCertificate[]): CertificateEntry {
  const matching = beside.filter(({ certificate }) => areOneKey(key, certificate)).map((one) => one.file);
  const keyOf = [...new Set(matching.map((path) => basename(path)))];
  const ofItsName = beside.filter((one) => stemOf(one.file) === stemOf(file.path)).map((one) => one.file);
  const problems = openToOthers(file);
  if (ofItsName.length > 0 && !ofItsName.some((path) => matching.includes(path))) {
    problems.unshift(`does not match ${basename(ofItsName[0]!)}`);
  } else if (keyOf.length === 0) {
    problems.unshift('matches no certificate here');
  }
  return { ...emptyEntry(file.path, 'key'), keyOf, problems };
}

/** agent of agent.crt: files of one stem belong together. */
const stemOf = (path: string): string => join(dirname(path), basename(path).replace(/\.[^.]*$/, ''));

/** Root may share a key with the group of a service, as other servers allow, too. */
function openToOthers({ mode, uid }: FoundFile): string[] {
  if ((mode & 0o007) !== 0) return ['open to every user of this host'];
  const groupMay = uid === 0 ? mode & 0o030 : mode & 0o070;
  return groupMay === 0 ? [] : ['open to its group'];
}
