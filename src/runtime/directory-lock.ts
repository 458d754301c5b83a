import { once } from 'node:events';
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import type { ErrorCode } from './error-codes.ts';
import { WeirError } from './errors.ts';
import { expectGuardedFolder } from './guarded-folder.ts';

/** What a directory is for, and the code of the error when another process uses it. */
export interface LockedDirectory {
  readonly path: string;
  /** As in "the spool": a noun without an article. */
  readonly what: string;
  readonly inUse: ErrorCode;
}

const claimName = /^lock-(\d+)-[0-9a-f]+$/;

/**
 * Gives one process a directory: that process listens on a Unix socket in it, `lock-<pid>-<random>`. Others
 * connect to learn whether it is alive, since the kernel refuses connections to a dead process. Unlike a pid,
 * that also works when pids are reused, and between containers, which all have a process 1.
 *
 * Each process first creates its socket and then looks for others, so at least one of two sees the other. The
 * name of a socket is never reused, so any process can remove the socket of a dead one.
 */
export class DirectoryLock {
  /** The open directory, to synchronise it with the disk. */
  readonly directory: FileHandle;
  readonly #name: string;
  readonly #server: Server;

  private constructor(directory: FileHandle, name: string, server: Server) {
    this.directory = directory;
    this.#name = name;
    this.#server = server;
  }

  /**
   * Creates a missing directory.
   * @throws {WeirError} with `inUse` when a process, also this one, uses it already; what the system refuses
   */
  static async take(directory: LockedDirectory): Promise<DirectoryLock> {
    const { path } = directory;
    await mkdir(path, { recursive: true, mode: 0o700 });
    await expectGuardedFolder(path, false);
    const lock = await DirectoryLock.#claim(await open(path, 'r'));
    try {
      await lock.#expectNobodyElse(directory);
      return lock;
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** Listens first and then renames the socket to the name that others look for: a visible socket answers. */
  static async #claim(directory: FileHandle): Promise<DirectoryLock> {
    const name = `lock-${process.pid}-${Math.random().toString(16).slice(2)}`;
    const server = createServer((connection) => connection.destroy()).unref();
    try {
      server.listen(pathWithin(directory, `.${name}`));
      await once(server, 'listening');
      await rename(pathWithin(directory, `.${name}`), pathWithin(directory, name));
      return new DirectoryLock(directory, name, server);
    } catch (error) {
      server.close();
      await directory.close();
      throw error;
    }
  }

  async release(): Promise<void> {
    await rm(pathWithin(this.directory, this.#name), { force: true });
    await new Promise((resolve) => this.#server.close(resolve));
    await this.directory.close();
  }

  /** Removes the sockets of dead processes. */
  async #expectNobodyElse({ path, what, inUse }: LockedDirectory): Promise<void> {
    for (const name of await readdir(pathWithin(this.directory, '.'))) {
      const pid = name.match(claimName)?.[1];
      if (pid === undefined || name === this.#name) continue;
      if (await isListening(pathWithin(this.directory, name))) {
        throw new WeirError(inUse, `the ${what} ${path} is in use by process ${pid}`, {
          remedy: 'Give each process a directory of its own, or stop that one.',
        });
      }
      await rm(pathWithin(this.directory, name), { force: true });
    }
  }
}

async function isListening(path: string): Promise<boolean> {
  const connection = connect(path);
  try {
    await once(connection, 'connect');
    return true;
  } catch (error) {
    // any other error leaves open whether the process is alive
    return !['ECONNREFUSED', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '');
  } finally {
    connection.destroy();
  }
}

/** A short path to the directory: the path of a socket has at most 107 octets (unix(7)). */
function pathWithin(directory: FileHandle, name: string): string {
  return `/proc/self/fd/${directory.fd}/${name}`;
}
