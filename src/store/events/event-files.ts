import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type EventKind, eventKindNames } from '../../flow/index.ts';
import { errnoOf, isDiskFull } from '../../sinks/index.ts';
import { isShortage } from '../history-error.ts';
import { appendSynced } from '../synced-file.ts';

/** Where the events of a history are. */
export const eventsFolder = (directory: string): string => join(directory, 'events');

/** A file of events of one kind. Numbers grow, so that they order files even when the clock is set back. */
export interface EventFile {
  readonly kind: EventKind;
  readonly number: number;
  readonly path: string;
  readonly octets: number;
  /** When it was made, and last written. */
  readonly bornMs: number;
  readonly writtenMs: number;
}

const nameOf = (kind: EventKind, number: number): string => `${kind}-${String(number).padStart(12, '0')}.log`;

/** All files of a folder, the oldest of each kind first. */
export async function listEventFiles(folder: string): Promise<EventFile[]> {
  const files: EventFile[] = [];
  for (const name of (await readdir(folder)).sort()) {
    const [, word, digits] = /^([a-z]+)-(\d{12})\.log$/.exec(name) ?? [];
    const kind = eventKindNames.find((one) => one === word);
    if (kind === undefined) continue;
    const path = join(folder, name);
    const found = await stat(path).catch((error: unknown) => {
      if (errnoOf(error) === 'ENOENT') return undefined; // deleted meanwhile
      throw error;
    });
    if (found === undefined) continue;
    const { size: octets, birthtimeMs: bornMs, mtimeMs: writtenMs } = found;
    files.push({ kind, number: Number(digits), path, octets, bornMs, writtenMs });
  }
  return files;
}

/** Why events left. */
type EventRemoval = 'age' | 'octets' | 'pruned';

export interface EventFilesOptions {
  readonly folder: string;
  readonly kind: EventKind;
  /** Bound for all files of the kind together. */
  readonly maxOctets: number;
  readonly maxAgeMs: number;
  /** Waits until the disk has the names of new files. */
  readonly syncFolder: () => Promise<void>;
  /** Told how many events left, and why. */
  readonly onRemoval: (why: EventRemoval, events: number) => void;
}

/** A file is a quarter of the octets at most, and covers an eighth of the age. */
const PARTS = 4;
const PARTS_OF_AGE = 8;
const MOST_FILE_OCTETS = 4 * 1024 * 1024;

/** The files of one kind, for their writer. The oldest file gives way to what is new. */
export class EventFiles {
  readonly #options: EventFilesOptions;
  readonly #files: EventFile[];

  /** @param files of the kind, the oldest first */
  constructor(options: EventFilesOptions, files: readonly EventFile[]) {
    this.#options = options;
    this.#files = [...files];
  }

  get octets(): number {
    return this.#files.reduce((sum, { octets }) => sum + octets, 0);
  }

  /** Octets that are appended at once, at most. */
  get mostOctets(): number {
    return Math.min(MOST_FILE_OCTETS, Math.floor(this.#options.maxOctets / PARTS));
  }

  /** Resolves when the lines survive a power failure. All of them or none are written. */
  async append(lines: string, nowMs: number): Promise<void> {
    const more = Buffer.byteLength(lines);
    const last = this.#files.at(-1);
    const isFull = last !== undefined && last.octets + more > this.mostOctets;
    const isOld = last !== undefined && Math.abs(nowMs - last.bornMs) > this.#options.maxAgeMs / PARTS_OF_AGE;
    const { maxOctets, syncFolder } = this.#options;
    if (last === undefined || isFull || isOld) this.#next(nowMs);
    while (this.octets + more > maxOctets && this.#files.length > 1) await this.#removeOldest('octets');
    const file = await this.#written(lines, nowMs);
    if (file.octets === 0) await syncFolder();
    // An earlier process may have left half a line, which got its end now.
    const { size: octets } = await stat(file.path);
    this.#files[this.#files.length - 1] = { ...file, octets, writtenMs: nowMs };
  }

  /** Returns how many files it has deleted. An empty one goes on with their numbers. */
  async removeWrittenBefore(beforeMs: number, why: EventRemoval): Promise<number> {
    const isBefore = ({ octets, writtenMs }: EventFile) => octets > 0 && writtenMs < beforeMs;
    const old = this.#files.filter(isBefore).length;
    if (old > 0 && old === this.#files.length) await appendSynced(this.#next(beforeMs).path, '');
    for (let left = old; left > 0; left--) await this.#removeOldest(why);
    return old;
  }

  /** The file that has got the lines: the newest one, or a next one if the system does not write that. */
  async #written(lines: string, nowMs: number): Promise<EventFile> {
    const newest = this.#files.at(-1)!;
    try {
      await appendSynced(newest.path, lines);
      return newest;
    } catch (error) {
      const errno = errnoOf(error);
      if (isDiskFull(errno) || isShortage(errno)) throw error;
    }
    const next = this.#next(nowMs);
    try {
      await appendSynced(next.path, lines);
      return next;
    } catch (error) {
      this.#files.pop(); // Neither is written: their folder may be the reason.
      throw error;
    }
  }

  #next(nowMs: number): EventFile {
    const { folder, kind } = this.#options;
    const number = (this.#files.at(-1)?.number ?? 0) + 1;
    const path = join(folder, nameOf(kind, number));
    this.#files.push({ kind, number, path, octets: 0, bornMs: nowMs, writtenMs: nowMs });
    return this.#files.at(-1)!;
  }

  async #removeOldest(why: EventRemoval): Promise<void> {
    const [{ path }] = this.#files as [EventFile];
    const text = await readFile(path).catch(() => Buffer.alloc(0));
    // What the system does not delete stays. It must not keep others from being written.
    await rm(path, { force: true }).catch(() => {});
    this.#files.shift();
    this.#options.onRemoval(
      why,
      text.reduce((lines, octet) => lines + Number(octet === 0x0a), 0),
    );
  }
}
