import { open } from 'node:fs/promises';
import type { Clock } from '../../runtime/index.ts';

/** Kubernetes replaces projected files long before they expire; client-go looks once a minute, too. */
const REREAD_MS = 60_000;
/** No token and no bundle of authorities is larger. */
const MAX_FILE_OCTETS = 1_048_576;

/** A small file that somebody replaces from time to time. */
export class RereadFile {
  readonly path: string;
  readonly #clock: Clock;
  #text: string | undefined;
  #readMs = Number.NEGATIVE_INFINITY;

  constructor(path: string, clock: Clock) {
    this.path = path;
    this.#clock = clock;
  }

  /**
   * The content, at most a minute old. While the file cannot be read the earlier content stays.
   * @throws the reason of the file system, if it was never read
   */
  async read(): Promise<string> {
    const nowMs = this.#clock.monotonic();
    if (this.#text !== undefined && nowMs - this.#readMs < REREAD_MS) return this.#text;
    try {
      const text = await readBoundedFile(this.path);
      if (text.trim() === '') throw new Error(`${this.path} is empty`); // Somebody is writing it.
      this.#text = text;
      this.#readMs = nowMs;
    } catch (error) {
      if (this.#text === undefined) throw error;
    }
    return this.#text;
  }

  /** The next `read` reads the file. */
  forget(): void {
    this.#readMs = Number.NEGATIVE_INFINITY;
  }
}

/** @throws the reason of the file system, or an Error for a file that is too large */
export async function readBoundedFile(path: string): Promise<string> {
  await using file = await open(path);
  const buffer = Buffer.alloc(MAX_FILE_OCTETS + 1);
  let length = 0;
  for (;;) {
    const { bytesRead } = await file.read(buffer, length);
    length += bytesRead;
    if (length > MAX_FILE_OCTETS) throw new Error(`${path}: expected ${MAX_FILE_OCTETS} octets at most`);
    if (bytesRead === 0) return buffer.toString('utf8', 0, length);
  }
}
