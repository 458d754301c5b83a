import { createReadStream, createWriteStream } from 'node:fs';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Clock } from '../runtime/index.ts';
import { AppendedFile } from './appended-file.ts';

export interface RotationLimits {
  /** A file that would become larger is rotated first. */
  readonly maxOctets: number;
  /** Maximum number of rotated files; 0 keeps all. */
  readonly maxBackups: number;
  /** How long rotated files are kept; 0 means for ever. */
  readonly maxAgeMs: number;
  /** Whether rotated files are compressed. */
  readonly compress: boolean;
}

/** Mode of a new file: its owner writes, its group reads. */
const MODE = 0o640;

/**
 * A file to append to. When it is full, it is renamed with the time in its name:
 * flows-2026-01-31T10-00-00.000.log. Compression and deletion of these files run in the background. The next
 * rotation completes what an earlier process has not finished.
 */
export class RotatedFile {
  readonly #file: AppendedFile;
  readonly #options: RotationLimits;
  readonly #clock: Clock;
  readonly #onFailure: (error: unknown) => void;
  #tidying: Promise<void> = Promise.resolve();

  /**
   * @param onFailure is called when a file cannot be renamed, compressed or deleted; writing continues
   */
  constructor(path: string, options: RotationLimits, clock: Clock, onFailure: (error: unknown) => void) {
    this.#file = new AppendedFile(path);
    this.#options = options;
    this.#clock = clock;
    this.#onFailure = onFailure;
  }

  /** @throws when the file cannot be opened for appending */
  open(): Promise<void> {
    return this.#file.open();
  }

  /** @throws when not all of the text could be written */
  async append(text: Uint8Array): Promise<void> {
    if (await this.#isFull(text.length)) await this.#putAside().catch(this.#onFailure);
    await this.#file.append(text);
  }

  /** As `AppendedFile.hasMoved`. */
  hasMoved(): Promise<boolean> {
    return this.#file.hasMoved();
  }

  /** Cuts off what a failed write has left, so that the file ends as before. */
  truncate(octets: number): Promise<void> {
    return this.#file.truncate(octets);
  }

  /**
   * Puts the file aside, unless it is empty, so that the next text begins a new one.
   * @throws when it cannot be renamed
   */
  async rotate(): Promise<void> {
    if ((await this.#size()) > 0) await this.#putAside();
  }

  async close(): Promise<void> {
    await this.#file.close();
    await this.#tidying;
  }

  async #isFull(more: number): Promise<boolean> {
    const octets = await this.#size();
    return octets > 0 && octets + more > this.#options.maxOctets;
  }

  /** Octets of the file; 0 for what is no file. */
  async #size(): Promise<number> {
    const found = await stat(this.#file.path).catch(() => undefined);
    return found?.isFile() ? found.size : 0;
  }

  /** `AppendedFile` creates the file again after the move. */
  async #putAside(): Promise<void> {
    await rename(this.#file.path, this.#nameAt(this.#clock.now()));
    this.#tidying = this.#tidying.then(() => this.#tidy()).catch(this.#onFailure);
  }

  #nameAt(ms: number): string {
    const { path } = this.#file;
    const stamp = new Date(ms).toISOString().replaceAll(':', '-').replace('Z', '');
    const extension = extname(path);
    return join(dirname(path), `${basename(path, extension)}-${stamp}${extension}`);
  }

  async #tidy(): Promise<void> {
    const { maxBackups, maxAgeMs, compress } = this.#options;
    const backups = await this.#backups();
    for (const [newer, { path, ms }] of backups.entries()) {
      const isOld = maxAgeMs > 0 && this.#clock.now() - ms > maxAgeMs;
      if (isOld || (maxBackups > 0 && newer >= maxBackups)) await rm(path, { force: true });
      else if (compress && !path.endsWith('.gz')) await compressFile(path);
    }
  }

  /** The newest first. */
  async #backups(): Promise<{ path: string; ms: number }[]> {
    const { path } = this.#file;
    const extension = extname(path);
    const start = `${basename(path, extension)}-`;
    const names = await readdir(dirname(path));
    return names
      .flatMap((name) => {
        if (!name.startsWith(start)) return [];
        const stamp = /^(\d{4}-\d\d-\d\dT)(\d\d)-(\d\d)-(\d\d\.\d{3})(.*)$/.exec(name.slice(start.length));
        if (stamp === null || ![extension, `${extension}.gz`].includes(stamp[5]!)) return [];
        const ms = Date.parse(`${stamp[1]}${stamp[2]}:${stamp[3]}:${stamp[4]}Z`);
        return [{ path: join(dirname(path), name), ms }];
      })
      .sort((one, other) => other.ms - one.ms);
  }
}

/** An incomplete file has another name, and the next attempt overwrites it. */
async function compressFile(path: string): Promise<void> {
  const partial = `${path}.gz.partial`;
  await pipeline(createReadStream(path), createGzip(), createWriteStream(partial, { mode: MODE }));
  await rename(partial, `${path}.gz`);
  await rm(path);
}
