import { once } from 'node:events';
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { expectGuardedFolder, WeirError } from '../../runtime/index.ts';
import { errnoOf, spoolError } from './spool-error.ts';

const claimName = /^lock-(\d+)-[0-9a-f]+$/;

/**
 * One process's right to a directory: a Unix socket in it, `lock-<pid>-<random>`, on which that process
 * listens. Whether it lives is asked by connecting, since the kernel refuses that as soon as it is dead.
 * Unlike a pid alone this holds when numbers are used again, and between containers, which all have a process
 * 1.
 *
 * Everybody shows a claim first and looks for others' then, so that of two who come at once at least one sees
 * the other. A claim of the dead has a name that nobody else will have, so that whoever finds it can remove
 * it.
 */
export class DirectoryLock {
  /** The directory itself, open, to be synchronised with the disk. */
  readonly directory: FileHandle;
  readonly #name: string;
  readonly #server: Server;

  private constructor(directory: FileHandle, name: string, server: Server) {
    this.directory = directory;
    this.#name = name;
    this.#server = server;
  }

  /** Makes the directory where it is missing. Throws when another process, or this one, uses it already. */
  static async take(path: string): Promise<DirectoryLock> {
    try {
      await mkdir(path, { recursive: true, mode: 0o700 });
      await expectGuardedFolder(path, false);
      const lock = await DirectoryLock.#claim(await open(path, 'r'));
      try {
        await lock.#expectNobodyElse(path);
        return lock;
      } catch (error) {
        await lock.release();
        throw error;
      }
    } catch (error) {
      throw spoolError('take the directory of', path, error);
    }
  }

  /** Listens first and takes the name that others look for then: a claim that can be seen answers. */
  static async #claim(directory: FileHandle): Promise<DirectoryLock> {
    const name = `lock-${process.pid}-${Math.random().toString(16).slice(2)}`;
    const server = createServer((connection) => connection.destroy()).unref();
    try {
      server.listen(within(directory, `.${name}`));
      await once(server, 'listening');
      await rename(within(directory, `.${name}`), within(directory, name));
      return new DirectoryLock(directory, name, server);
    } catch (error) {
      server.close();
      await directory.close();
      throw error;
    }
  }

  async release(): Promise<void> {
    await rm(within(this.directory, this.#name), { force: true });
    await new Promise((resolve) => this.#server.close(resolve));
    await this.directory.close();
  }

  /** Removes what the dead have left. */
  async #expectNobodyElse(path: string): Promise<void> {
    for (const name of await readdir(within(this.directory, '.'))) {
      const pid = name.match(claimName)?.[1];
      if (pid === undefined || name === this.#name) continue;
      if (await isListening(within(this.directory, name))) {
        throw new WeirError('WEIR_SPOOL_IN_USE', `the spool ${path} is in use by process ${pid}`, {
          remedy: 'Give each process a directory of its own, or stop that one.',
        });
      }
      await rm(within(this.directory, name), { force: true });
    }
  }
}

async function isListening(path: string): Promise<boolean> {
  const connection = connect(path);
  try {
    await once(connection, 'connect');
    return true;
  } catch (error) {
    // any other refusal leaves it open whether somebody is there
    return errnoOf(error) !== 'ECONNREFUSED' && errnoOf(error) !== 'ENOENT';
  } finally {
    connection.destroy();
  }
}

/** A path of a few octets, whatever the directory's own: that of a socket has 107 at most (unix(7)). */
function within(directory: FileHandle, name: string): string {
  return `/proc/self/fd/${directory.fd}/${name}`;
}
