import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** A file's octets from beginning to end, in pieces that somebody asks for. */
export class FileReader implements Disposable {
  /** Where the next octet is. */
  offset = 0;
  readonly size: number;
  readonly #fd: number;
  #buffer: Uint8Array = new Uint8Array(256 * 1024);
  /** The unread octets of the buffer. */
  #start = 0;
  #end = 0;

  /** @throws the error of the file system */
  constructor(path: string) {
    this.#fd = openSync(path, 'r');
    this.size = fstatSync(this.#fd).size;
  }

  /** So many octets, fewer at the end of the file. Valid until the next call. */
  peek(octets: number): Uint8Array {
    if (this.#end - this.#start < octets) this.#fill(octets);
    return this.#buffer.subarray(this.#start, Math.min(this.#end, this.#start + octets));
  }

  /** As `peek`, and goes past them. */
  take(octets: number): Uint8Array {
    const taken = this.peek(octets);
    this.#start += taken.length;
    this.offset += taken.length;
    return taken;
  }

  #fill(octets: number): void {
    const unread = this.#buffer.subarray(this.#start, this.#end);
    if (octets > this.#buffer.length) this.#buffer = new Uint8Array(octets);
    this.#buffer.set(unread);
    this.#start = 0;
    this.#end = unread.length;
    while (this.#end < octets) {
      const read = readSync(this.#fd, this.#buffer, this.#end, this.#buffer.length - this.#end, null);
      if (read === 0) return;
      this.#end += read;
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}
