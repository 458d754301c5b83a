import { X509Certificate } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { WeirError } from '../runtime/index.ts';
import { fileError, MAX_OCTETS, reasonOf } from './guarded-files.ts';
import { type PemContent, readPem } from './pem-file.ts';

/** A file as it was found, made by Weir or not. */
export interface FoundFile {
  readonly path: string;
  readonly contents: readonly PemContent[];
  /** Permissions and owner. */
  readonly mode: number;
  readonly uid: number;
}

/** Maximum number of files of a directory that are read. */
const MAX_FILES = 1_000;

const promising = /\.(crt|cer|pem|key|der)$/;

/**
 * The files with certificates and keys: those that paths name, and those in the directories that they name.
 * Links are followed, because a Kubernetes volume consists of links.
 * @throws {WeirError} WEIR_CERTS_FILE when a path cannot be read, or has nothing of the kind
 */
export async function findFiles(paths: readonly string[]): Promise<FoundFile[]> {
  const found = await Promise.all(paths.map(findAt));
  return found.flat();
}

async function findAt(path: string): Promise<FoundFile[]> {
  const stats = await stat(path).catch((error) => Promise.reject(fileError(error, path, 'be read')));
  if (!stats.isDirectory()) {
    const file = await readFound(path);
    if (file !== undefined && file.contents.length > 0) return [file];
    throw new WeirError('WEIR_CERTS_FILE', `${path}: expected a certificate or a private key, found neither`);
  }
  const names = await readdir(path).catch((error) => Promise.reject(fileError(error, path, 'be read')));
  if (names.length > MAX_FILES) {
    throw new WeirError(
      'WEIR_CERTS_FILE',
      `${path}: expected at most ${MAX_FILES} files, found ${names.length}`,
      {
        remedy: 'Name the files.',
      },
    );
  }
  const files = await Promise.all(names.sort().map((name) => readFound(join(path, name))));
  const found = files.filter((file) => file !== undefined);
  return [...faultsOfFolder(path, stats), ...found.filter(isOfInterest)];
}

/**
 * Whoever may write to the folder decides whom Weir trusts. With the sticky bit, files are safe from others.
 */
function faultsOfFolder(path: string, { mode, uid }: Stats): FoundFile[] {
  if ((mode & OTHERS_WRITE) === 0 || (mode & STICKY) !== 0) return [];
  return [{ path, contents: [{ kind: 'broken', reason: OPEN_TO_ALL }], mode, uid }];
}

const STICKY = 0o1000;
export const OTHERS_WRITE = 0o002;
export const OPEN_TO_ALL = 'every user of this host can write to it';

const isOfInterest = ({ path, contents }: FoundFile): boolean => contents.length > 0 || promising.test(path);

/** Undefined for what is no file. */
async function readFound(path: string): Promise<FoundFile | undefined> {
  const stats = await stat(path).catch(() => undefined);
  if (stats !== undefined && !stats.isFile()) return undefined;
  const { mode = 0, uid = 0 } = stats ?? {};
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const octets = Buffer.alloc(Math.min(MAX_OCTETS, (await file.stat()).size));
    const { bytesRead } = await file.read(octets, 0, octets.length, 0);
    return { path, contents: contentsOf(octets.subarray(0, bytesRead)), mode, uid };
  } catch (error) {
    if (!promising.test(path)) return undefined;
    const isClosed = (error as NodeJS.ErrnoException).code === 'EACCES';
    const content = isClosed
      ? { kind: 'closed' as const }
      : { kind: 'broken' as const, reason: `a file that cannot be read: ${reasonOf(error)}` };
    return { path, contents: [content], mode, uid };
  }
}

/** A file without PEM may be a certificate in DER. */
function contentsOf(octets: Buffer): PemContent[] {
  const contents = readPem(octets.toString('latin1'));
  if (contents.length > 0 || octets[0] !== DER_SEQUENCE) return contents;
  try {
    return [{ kind: 'certificate', certificate: new X509Certificate(octets) }];
  } catch {
    return [];
  }
}

const DER_SEQUENCE = 0x30;
