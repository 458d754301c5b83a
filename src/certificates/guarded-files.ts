import { randomBytes } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { chmod, type FileHandle, link, lstat, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { expectGuardedFolder, NO_LINK, WeirError } from '../runtime/index.ts';

/** Rights of the files: nobody but its owner reads a key. */
export const KEY_MODE = 0o600;
export const CERTIFICATE_MODE = 0o644;
const GROUP_READS = 0o040;

/** A file to write. */
export interface NewFile {
  readonly name: string;
  readonly text: string;
  readonly mode: number;
}

/** Maximum octets of a file that is read. */
export const MAX_OCTETS = 1 << 20;

/**
 * Makes a folder if it is missing.
 * @throws {WeirError} when it is a link or no folder, or when others may write to it
 */
export async function makeGuardedFolder(folder: string, mode: number): Promise<void> {
  const found = await lstat(folder).catch(ifMissing);
  if (found === undefined) {
    try {
      await mkdir(dirname(resolve(folder)), { recursive: true });
      await expectGuardedFolder(dirname(resolve(folder)), true);
      await mkdir(folder);
      await chmod(folder, mode); // whatever the umask is
    } catch (error) {
      throw fileError(error, folder, 'be made');
    }
  }
  await expectOwnFolder(folder);
}

/** @throws {WeirError} as `makeGuardedFolder`, and when the folder is missing */
export async function expectOwnFolder(folder: string): Promise<void> {
  const found = await lstat(folder).catch((error) => Promise.reject(fileError(error, folder, 'be opened')));
  if (!found.isDirectory()) {
    const kind = found.isSymbolicLink() ? 'a symbolic link' : 'no directory';
    throw new WeirError('WEIR_CERTS_FILE', `${folder}: expected a directory, found ${kind}`, {
      remedy: 'Name the directory itself, with --dir or --out.',
    });
  }
  await expectGuardedFolder(folder, false);
}

/**
 * Writes files that must not exist yet: all of them, or none. Each appears whole.
 * @throws {WeirError} WEIR_CERTS_EXIST, WEIR_CERTS_FILE
 */
export async function writeNewFiles(folder: string, files: readonly NewFile[]): Promise<void> {
  const written: string[] = [];
  try {
    for (const { name, text, mode } of files) {
      const path = join(folder, name);
      const draft = await writeDraft(path, text, mode);
      try {
        await link(draft, path); // unlike rename, it never replaces a file
        written.push(path);
      } finally {
        await rm(draft);
      }
    }
    await syncFolder(folder);
  } catch (error) {
    for (const path of written) await rm(path, { force: true });
    throw error instanceof WeirError ? error : fileError(error, folder, 'be written to');
  }
}

/**
 * Replaces files, one immediately after the other. A reader sees each as it was or as it is, never a part of
 * it. Each keeps its owner, and its group's right to read it. So a program that could read it still can.
 * @throws {WeirError} WEIR_CERTS_FILE
 */
export async function replaceFiles(folder: string, files: readonly NewFile[]): Promise<void> {
  const drafts: [draft: string, path: string][] = [];
  try {
    for (const { name, text, mode } of files) {
      const path = join(folder, name);
      const owner = await lstat(path).catch((error) => Promise.reject(fileError(error, path, 'be replaced')));
      expectFile(owner, path);
      drafts.push([await writeDraft(path, text, mode | (owner.mode & GROUP_READS), owner), path]);
    }
    for (const [draft, path] of drafts) await rename(draft, path);
    await syncFolder(folder);
  } catch (error) {
    for (const [draft] of drafts) await rm(draft, { force: true });
    throw error instanceof WeirError ? error : fileError(error, folder, 'be written to');
  }
}

async function writeDraft(path: string, text: string, mode: number, owner?: Stats): Promise<string> {
  const draft = `${path}.${randomBytes(6).toString('hex')}.new`;
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | NO_LINK;
  try {
    await using file = await open(draft, flags, mode & KEY_MODE);
    if (owner !== undefined) await giveTo(owner, file);
    await file.chmod(mode); // whatever the umask is
    await file.writeFile(text);
    await file.sync();
  } catch (error) {
    await rm(draft, { force: true });
    throw fileError(error, path, 'be written');
  }
  return draft;
}

async function giveTo({ uid, gid }: Stats, file: FileHandle): Promise<void> {
  const { uid: ownUid, gid: ownGid } = await file.stat();
  if (uid !== ownUid || gid !== ownGid) await file.chown(uid, gid);
}

/**
 * The text of a file that Weir relies on, read without following a link. Undefined when it is missing.
 * @throws {WeirError} WEIR_CERTS_FILE
 */
export async function readGuardedFile(path: string): Promise<string | undefined> {
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | NO_LINK);
    const stats = await file.stat();
    expectFile(stats, path);
    if (stats.size > MAX_OCTETS) throw tooLargeError(path);
    return await file.readFile('latin1');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error instanceof WeirError ? error : fileError(error, path, 'be read');
  }
}

const tooLargeError = (path: string): WeirError =>
  new WeirError('WEIR_CERTS_FILE', `${path}: expected a file of at most ${MAX_OCTETS} octets`);

function expectFile(found: Stats, path: string): void {
  if (found.isFile()) return;
  const kind = found.isSymbolicLink() ? 'a symbolic link' : 'something else';
  throw new WeirError('WEIR_CERTS_FILE', `${path}: expected a regular file, found ${kind}`, {
    remedy: 'Name the directory that has the file itself.',
  });
}

/** A file system that cannot sync a folder still has the files. */
async function syncFolder(folder: string): Promise<void> {
  await using directory = await open(folder, constants.O_RDONLY);
  await directory.sync().catch(() => {});
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  EACCES: 'this user has no right to it',
  EPERM: 'this user has no right to it',
  ENOTDIR: 'a part of its path is no directory',
  ELOOP: 'it is a symbolic link',
  EROFS: 'its file system is read-only',
  ENOSPC: 'the disk is full',
};

const remedies: Readonly<Record<string, string>> = {
  EACCES: 'Run the command with sudo.',
  EPERM: 'Run the command with sudo.',
  ELOOP: 'Name the directory that has the file itself: links are not followed.',
  ENOENT: 'Name the directory of the certificates, or make them with "weir certs init".',
};

/** What kept a file from being used, in words. */
export function reasonOf(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return reasons[code] ?? message;
}

/** @param deed what the file could not: "be read" */
export function fileError(error: unknown, path: string, deed: string): WeirError {
  if (error instanceof WeirError) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EEXIST') return alreadyThereError(path);
  return new WeirError('WEIR_CERTS_FILE', `${path} cannot ${deed}: ${reasonOf(error)}`, {
    cause: error,
    remedy: remedies[code ?? ''] ?? 'Name another directory.',
  });
}

const alreadyThereError = (path: string): WeirError =>
  new WeirError('WEIR_CERTS_EXIST', `${path} appeared while the command ran; nothing was written`, {
    remedy: 'Run the command again.',
  });

function ifMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
