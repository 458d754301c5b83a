import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { NO_LINK } from '../../runtime/index.ts';

const FILE = 'events-until';
const MAX_OCTETS = 1_024;

/**
 * The times up to which a process has reported events, in a file for the next one. Each line has a kind of
 * objects and the time up to which it was seen. The file is written at the end and removed at the start. So a
 * process that was killed leaves none, and nothing is reported twice.
 */
export class ReportedUntil {
  readonly #path: string;

  /** @param directory of the state of this process */
  constructor(directory: string) {
    this.#path = join(directory, FILE);
  }

  /**
   * Milliseconds since 1970 by kind, as in paths; the file is gone. Earlier versions wrote one time for all.
   */
  async take(): Promise<(plural: string) => number | undefined> {
    const text = await this.#read().catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw error;
    });
    await rm(this.#path, { force: true });
    const times = new Map<string, number>();
    for (const [, plural = '', time] of text.matchAll(/^(?:([a-z]+) )?(\d\S*)$/gm)) {
      const timeMs = Date.parse(time!);
      if (!Number.isNaN(timeMs)) times.set(plural, timeMs);
    }
    return (plural) => times.get(plural) ?? times.get('');
  }

  async keep(times: ReadonlyMap<string, number>): Promise<void> {
    const lines = [...times].map(([plural, timeMs]) => `${plural} ${new Date(timeMs).toISOString()}\n`);
    {
      await using file = await open(`${this.#path}.new`, 'w', 0o600);
      await file.writeFile(lines.join(''));
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
