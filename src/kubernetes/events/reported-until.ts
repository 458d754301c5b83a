import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { NO_LINK } from '../../runtime/index.ts';

const FILE = 'events-until';
const MAX_OCTETS = 32;

/**
 * The time up to which a process has reported events, in a file for the next one. It is written at the end
 * and removed at the start. So a process that was killed leaves none, and nothing is reported twice.
 */
export class ReportedUntil {
  readonly #path: string;

  /** @param directory of the state of this process */
  constructor(directory: string) {
    this.#path = join(directory, FILE);
  }

  /** Milliseconds since 1970, and the file is gone; undefined without one. */
  async take(): Promise<number | undefined> {
    const text = await this.#read().catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw error;
    });
    await rm(this.#path, { force: true });
    const timeMs = Date.parse(text.trim());
    return Number.isNaN(timeMs) ? undefined : timeMs;
  }

  async keep(timeMs: number): Promise<void> {
    {
      await using file = await open(`${this.#path}.new`, 'w', 0o600);
      await file.writeFile(`${new Date(timeMs).toISOString()}\n`);
      await file.datasync();
    }
    await rename(`${this.#path}.new`, this.#path);
  }

  async #read(): Promise<string> {
    await using file = await open(this.#path, NO_LINK);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_OCTETS));
    return buffer.toString('latin1', 0, bytesRead);
  }
}
