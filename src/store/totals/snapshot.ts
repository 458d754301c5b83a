import { constants } from 'node:fs';
import { type FileHandle, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
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
  /** Means this file as long as it is open, also when it is deleted. DuckDB sees no pattern in it. */
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

/** How often a file is looked for that the manifest has, and how long to wait each time. */
const MOST_ATTEMPTS = 5;
const WAIT_MS = 20;

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

  /**
   * Opens what may have records of one of these times. When a file is deleted meanwhile, all are opened
   * again: else the answer would have a hole.
   */
  static async take(directory: string, spans: readonly TimeSpan[]): Promise<Snapshot> {
    const misses = new Map<number, number>();
    for (;;) {
      const snapshot = new Snapshot();
      try {
        const lacking = await snapshot.#open(directory, spans, misses);
        if (lacking === undefined) return snapshot;
        misses.set(lacking, (misses.get(lacking) ?? 0) + 1);
      } catch (error) {
        await snapshot[Symbol.asyncDispose]();
        throw error;
      }
      await snapshot[Symbol.asyncDispose]();
      await setTimeout(WAIT_MS);
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
   * @param misses how often a file of this number was not there; after some times it is left out
   * @returns the number of one that is not there; undefined when all is open
   */
  async #open(
    directory: string,
    spans: readonly TimeSpan[],
    misses: ReadonlyMap<number, number>,
  ): Promise<number | undefined> {
    // First the segments: one that becomes a file meanwhile is in the manifest then.
    const names = await readdir(directory);
    const manifest = await Manifest.read(directory);
    const numbers = names.map(segmentNumber).filter((number) => number !== undefined);
    for (const number of numbers.filter((each) => !manifest.files.has(each))) {
      const handle = await this.#openFile(join(directory, segmentName(number)));
      if (handle === undefined) return number;
      this.segments.push({ number, handle, octets: (await handle.stat()).size });
    }
    for (const stored of manifest.files.values()) {
      this.oldestMs = Math.min(this.oldestMs ?? stored.fromMs, stored.fromMs);
      if (!spans.some(({ fromMs, toMs }) => stored.toMs >= fromMs && stored.fromMs < toMs)) continue;
      const handle = await this.#openFile(join(directory, parquetName(stored.number)));
      if (handle !== undefined) await this.#add({ stored, handle, path: `/proc/self/fd/${handle.fd}` });
      else if ((misses.get(stored.number) ?? 0) < MOST_ATTEMPTS) return stored.number;
      else this.#leaveMissing(stored);
    }
    return undefined;
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
