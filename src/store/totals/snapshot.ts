import { constants } from 'node:fs';
import { type FileHandle, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { NO_LINK } from '../../runtime/index.ts';
import { errnoOf, segmentName, segmentNumber } from '../../sinks/index.ts';
import { parquetName } from '../file-names.ts';
import { firstLineOf } from '../history-error.ts';
import { Manifest, type StoredFile } from '../manifest.ts';
import { SCHEMA } from '../stored-columns.ts';
import type { TimeSpan } from './wanted.ts';

/** A complete file, open. */
export interface OpenFile {
  readonly stored: StoredFile;
  /** Means this file as long as it is open, also when it is deleted. DuckDB takes other names for patterns. */
  readonly path: string;
  readonly handle: FileHandle;
}

/** A segment of the log, open, and how long it is for us: its writer goes on. */
export interface OpenSegment {
  readonly number: number;
  readonly handle: FileHandle;
  readonly octets: number;
}

/** A part of the history that cannot be read. */
export interface Unreadable {
  readonly name: string;
  readonly records: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly why: string;
}

/** Files come and go while they are opened; then all are opened again. */
const MOST_ATTEMPTS = 5;

/**
 * The history of a directory at one moment: what retention deletes meanwhile stays readable, and what becomes
 * a file meanwhile is read from the log.
 */
export class Snapshot implements AsyncDisposable {
  readonly files: OpenFile[] = [];
  readonly segments: OpenSegment[] = [];
  readonly unreadable: Unreadable[] = [];
  /** When the oldest record of the files was stored, in the times that are asked for or not. */
  oldestMs: number | undefined;

  /** Opens what may have records of one of these times. */
  static async take(directory: string, spans: readonly TimeSpan[]): Promise<Snapshot> {
    for (let attempt = 1; ; attempt++) {
      const snapshot = new Snapshot();
      try {
        if (await snapshot.#open(directory, spans, attempt === MOST_ATTEMPTS)) return snapshot;
      } catch (error) {
        await snapshot[Symbol.asyncDispose]();
        throw error;
      }
      await snapshot[Symbol.asyncDispose]();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { handle } of [...this.files, ...this.segments]) await handle.close();
  }

  /** Leaves a file out. Its descriptor stays open until the end. */
  leaveOut(file: OpenFile, why: string): void {
    this.unreadable.push({ ...file.stored, name: parquetName(file.stored.number), why });
  }

  get readable(): OpenFile[] {
    const names = new Set(this.unreadable.map(({ name }) => name));
    return this.files.filter(({ stored }) => !names.has(parquetName(stored.number)));
  }

  /**
   * @param isLast whether a file that is missing is left out
   * @returns whether all is open
   */
  async #open(directory: string, spans: readonly TimeSpan[], isLast: boolean): Promise<boolean> {
    // First the segments: one that becomes a file meanwhile is in the manifest then.
    const names = await readdir(directory);
    const manifest = await Manifest.read(directory);
    const numbers = names.map(segmentNumber).filter((number) => number !== undefined);
    for (const number of numbers.filter((each) => !manifest.files.has(each))) {
      const handle = await this.#openFile(join(directory, segmentName(number)));
      if (handle !== undefined) this.segments.push({ number, handle, octets: (await handle.stat()).size });
      else if (!isLast) return false;
    }
    for (const stored of manifest.files.values()) {
      this.oldestMs = Math.min(this.oldestMs ?? stored.fromMs, stored.fromMs);
      if (!spans.some(({ fromMs, toMs }) => stored.toMs >= fromMs && stored.fromMs < toMs)) continue;
      const handle = await this.#openFile(join(directory, parquetName(stored.number)));
      if (handle === undefined && !isLast) return false;
      if (handle === undefined) this.#leaveMissing(stored);
      else await this.#add({ stored, handle, path: `/proc/self/fd/${handle.fd}` });
    }
    return true;
  }

  async #add(file: OpenFile): Promise<void> {
    this.files.push(file);
    const { schema, octets } = file.stored;
    const { size } = await file.handle.stat();
    if (schema > SCHEMA) this.leaveOut(file, `a later Weir wrote it (layout ${schema}, not ${SCHEMA})`);
    else if (size !== octets) this.leaveOut(file, `it has ${size} octets instead of ${octets}`);
  }

  #leaveMissing(stored: StoredFile): void {
    this.unreadable.push({ ...stored, name: parquetName(stored.number), why: 'it is missing' });
  }

  /** Undefined when it is gone. */
  async #openFile(path: string): Promise<FileHandle | undefined> {
    try {
      return await open(path, constants.O_RDONLY | NO_LINK);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw new Error(`cannot open ${path}: ${firstLineOf(error)}`, { cause: error });
    }
  }
}
