import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { TemporaryDirectory } from './temporary-directory.ts';

/**
 * The words before a command that give it a private disk of some size, such as "8m", at a folder. Empty
 * without a size. Needs root.
 */
export function onOwnDisk(directory: string, size: string | undefined): string[] {
  if (size === undefined) return [];
  const mounted =
    'mkdir -p "$2" && mount -t tmpfs -o "size=$1,mode=0755" weir-test "$2" && shift 2 && exec "$@"';
  return ['unshare', '--mount', 'sh', '-c', mounted, 'sh', size, directory];
}

/**
 * A disk of some size that can be filled. Its mount belongs to a helper process, through which this process
 * reaches it. The helper ends with this process, however that ends, and the mount with the helper.
 */
export class OwnDisk implements AsyncDisposable {
  readonly #place: TemporaryDirectory;
  readonly #helper: ChildProcess;

  private constructor(place: TemporaryDirectory, helper: ChildProcess) {
    this.#place = place;
    this.#helper = helper;
  }

  static async start(size: string): Promise<OwnDisk> {
    const place = new TemporaryDirectory();
    const keep = ['sh', '-c', 'echo mounted; exec cat'];
    const [file, ...args] = [...onOwnDisk(place.path, size), ...keep];
    const helper = spawn(file!, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    await Promise.race([
      once(helper.stdout, 'data'),
      once(helper, 'close').then(() => {
        throw new Error('a disk of its own could not be mounted');
      }),
    ]);
    return new OwnDisk(place, helper);
  }

  file(name: string): string {
    return join(`/proc/${this.#helper.pid}/root`, this.#place.path, name);
  }

  /** Writes another file until the disk has no room. */
  fill(): void {
    const file = openSync(this.file('other'), 'w');
    for (const octets of [65_536, 4_096]) {
      try {
        while (writeSync(file, new Uint8Array(octets)) > 0);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    }
    closeSync(file);
  }

  makeRoom(): void {
    rmSync(this.file('other'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#helper, 'close');
    this.#helper.stdin!.end();
    await closed;
    this.#place[Symbol.dispose]();
  }
}
