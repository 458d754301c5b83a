import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { expectGuardedFolder, NO_LINK, WeirError } from '../runtime/index.ts';

const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT;
/** Mode of a new file: its owner writes, its group reads. */
const MODE = 0o640;

const LINE_BREAK = 0x0a;

/** Links of the system itself, such as /dev/stdout. */
const isOfSystem = (path: string): boolean => /^\/(dev|proc)\//.test(path);

/**
 * A file to append to, found by its name. When log rotation has moved or deleted it, the next write creates
 * it again.
 */
export class AppendedFile {
  readonly path: string;
  #file: FileHandle | undefined;
  #isRegular = false;

  constructor(path: string) {
    this.path = path;
  }

  /**
   * Creates a missing file. Follows no symbolic link, and writes into no file of another user.
   * @throws when the file cannot be opened for appending
   */
  async open(): Promise<void> {
    const file = isOfSystem(this.path) ? await open(this.path, 'a') : await openOwn(this.path);
    this.#file = file;
    this.#isRegular = (await file.stat()).isFile();
  }

  /** Whether it is a regular file: neither a pipe nor a device. */
  get isRegular(): boolean {
    return this.#isRegular;
  }

  /**
   * Whether the last line lacks its end, as after a process that died while writing, or after a full disk.
   * True for a file that cannot be read, since its last line may be incomplete.
   */
  async isTorn(): Promise<boolean> {
    const { size } = await this.#file!.stat();
    if (!this.#isRegular || size === 0) return false;
    try {
      await using reader = await open(this.path, constants.O_RDONLY | NO_LINK);
      const { buffer, bytesRead } = await reader.read(Buffer.alloc(1), 0, 1, size - 1);
      return bytesRead === 0 || buffer[0] !== LINE_BREAK;
    } catch {
      return true;
    }
  }

  /** @throws when not all of the text could be written */
  async append(text: Uint8Array): Promise<void> {
    if (await this.hasMoved()) {
      await this.close();
      await this.open();
    }
    await this.#file!.appendFile(text);
  }

  /** Whether somebody has moved or deleted it, so that the next text goes into a new file. */
  async hasMoved(): Promise<boolean> {
    if (this.#file === undefined) return true; // the last attempt to open it failed
    const [here, named] = await Promise.all([this.#file.stat(), stat(this.path).catch(() => undefined)]);
    return named === undefined || named.ino !== here.ino || named.dev !== here.dev;
  }

  /** Shortens the file to this length. A pipe or a device stays as it is. */
  async truncate(octets: number): Promise<void> {
    if (this.#isRegular) await this.#file?.truncate(octets);
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }
}

async function openOwn(path: string): Promise<FileHandle> {
  const isShared = await expectGuardedFolder(dirname(resolve(path)), true);
  const file = await open(path, APPEND | NO_LINK, MODE);
  if (!isShared || (await file.stat()).uid === process.geteuid?.()) return file;
  await file.close();
  throw new WeirError(
    'WEIR_FILE_OF_ANOTHER',
    `${path} belongs to another user, who can read what is written to it`,
    {
      remedy: 'Name a file in a directory that only this user can write to.',
    },
  );
}
