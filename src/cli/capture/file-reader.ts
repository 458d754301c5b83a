import { createReadStream } from 'node:fs';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** Octets of one read. */
const PIECE_OCTETS = 256 * 1024;

/**
 * A file's octets in pieces, on request; those of standard input for `-`. Recognises a gzip file by its first
 * octets and unpacks it. It reads at most one piece ahead, so that memory does not depend on the file.
 */
export class FileReader implements AsyncDisposable {
  /** Offset of the next octet, after unpacking. */
  offset = 0;
  /** The fault of a gzip file; undefined without one. Everything after the fault is lost. */
  damage: string | undefined;
  #source: Readable;
  #pieces: AsyncIterator<Uint8Array>;
  #buffer = new Uint8Array(2 * PIECE_OCTETS);
  /** The unread octets of the buffer. */
  #start = 0;
  #end = 0;

  private constructor(source: Readable) {
    this.#source = source;
    this.#pieces = source[Symbol.asyncIterator]();
  }

  /** @throws the error of the file system */
  static async open(path: string): Promise<FileReader> {
    const file = new FileReader(
      path === '-' ? process.stdin : createReadStream(path, { highWaterMark: PIECE_OCTETS }),
    );
    if (isGzip(await file.peek(2))) file.#unpack();
    return file;
  }

  /** The next octets; fewer at the end of the file. Valid until the next call. */
  async peek(octets: number): Promise<Uint8Array> {
    if (this.#end - this.#start < octets) await this.#fill(octets);
    return this.#buffer.subarray(this.#start, Math.min(this.#end, this.#start + octets));
  }

  /** As `peek`, and advances past them. */
  async take(octets: number): Promise<Uint8Array> {
    const taken = await this.peek(octets);
    this.#start += taken.length;
    this.offset += taken.length;
    return taken;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#source.destroy();
  }

  /** Inserts gunzip between the file, including the octets already read, and the reader. */
  #unpack(): void {
    const begin = this.#buffer.slice(this.#start, this.#end);
    const packed = this.#pieces;
    async function* packedPieces() {
      yield begin;
      yield* { [Symbol.asyncIterator]: () => packed };
    }
    this.#end = this.#start;
    const unpacked = createGunzip({ chunkSize: PIECE_OCTETS });
    this.#source = unpacked;
    this.#pieces = unpacked[Symbol.asyncIterator]();
    pipeline(packedPieces(), unpacked, () => {}); // the reader gets the error
  }

  async #fill(octets: number): Promise<void> {
    while (this.#end - this.#start < octets) {
      const piece = await this.#next();
      if (piece === undefined) return;
      this.#append(piece);
    }
  }

  async #next(): Promise<Uint8Array | undefined> {
    try {
      const { done, value } = await this.#pieces.next();
      return done ? undefined : value;
    } catch (error) {
      if (!(error as NodeJS.ErrnoException).code?.startsWith('Z_')) throw error;
      this.damage = (error as Error).message;
      return undefined;
    }
  }

  #append(piece: Uint8Array): void {
    const unread = this.#buffer.subarray(this.#start, this.#end);
    const octets = unread.length + piece.length;
    if (this.#end + piece.length > this.#buffer.length) {
      const isTooSmall = octets > this.#buffer.length / 2;
      if (isTooSmall) this.#buffer = new Uint8Array(2 * octets);
      this.#buffer.set(unread);
      this.#start = 0;
      this.#end = unread.length;
    }
    this.#buffer.set(piece, this.#end);
    this.#end += piece.length;
  }
}

/** RFC 1952 section 2.3.1. */
const isGzip = ([first, second]: Uint8Array): boolean => first === 0x1f && second === 0x8b;
