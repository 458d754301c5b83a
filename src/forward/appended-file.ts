import { type FileHandle, open, stat } from 'node:fs/promises';

/** A file that is appended to by its name: one that has been moved away or deleted, as logs are rotated, is made anew. */
export class AppendedFile {
  readonly path: string;
  #file: FileHandle | undefined;
  #isRegular = false;

  constructor(path: string) {
    this.path = path;
  }

  /** @throws when it cannot be opened for appending */
  async open(): Promise<void> {
    this.#file = await open(this.path, 'a');
    this.#isRegular = (await this.#file.stat()).isFile();
  }

  /** Whether it is a regular file: neither a pipe nor a device. */
  get isRegular(): boolean {
    return this.#isRegular;
  }

  /** @throws when not all of it could be written */
  async append(text: Uint8Array): Promise<void> {
    if (await this.#hasMoved()) {
      await this.close();
      await this.open();
    }
    await this.#file!.appendFile(text);
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  async #hasMoved(): Promise<boolean> {
    if (this.#file === undefined) return true; // it could not be opened the last time
    const [here, named] = await Promise.all([this.#file.stat(), stat(this.path).catch(() => undefined)]);
    return named === undefined || named.ino !== here.ino || named.dev !== here.dev;
  }
}
