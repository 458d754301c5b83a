import { constants } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { NO_LINK } from '../../runtime/index.ts';
import { decodeFrameHeader, encodeFrameHeader, FRAME_HEADER_OCTETS, type Frame } from './frame.ts';
import { errnoOf } from './spool-error.ts';

export const SEGMENT_HEADER_OCTETS = 8;
/** Positions in a segment have 32 bits. */
export const MAX_SEGMENT_OCTETS = 0xffff_ffff;

/** Some frames, what they carry and how long they are with their headers. */
export interface Tally {
  readonly frames: number;
  readonly records: number;
  readonly octets: number;
}

/**
 * The beginning of a segment, before its frames:
 *
 *     position of the oldest frame that is not done (32) | CRC-32 of that (32), which starts from the number
 */
export function encodeSegmentHeader(done: number, segment: number): Uint8Array {
  const header = new Uint8Array(SEGMENT_HEADER_OCTETS);
  const view = new DataView(header.buffer);
  view.setUint32(0, done);
  view.setUint32(4, crc32(header.subarray(0, 4), segment >>> 0));
  return header;
}

/** The position of the oldest frame that is not done; the first one where that cannot be told. */
export function decodeSegmentHeader(octets: Uint8Array, segment: number): number {
  if (octets.length < SEGMENT_HEADER_OCTETS) return SEGMENT_HEADER_OCTETS;
  const view = new DataView(octets.buffer, octets.byteOffset, SEGMENT_HEADER_OCTETS);
  const isWhole = view.getUint32(4) === crc32(octets.subarray(0, 4), segment >>> 0);
  return isWhole ? view.getUint32(0) : SEGMENT_HEADER_OCTETS;
}

/** A frame that was read, and how many octets of its segment it takes. */
export interface StoredFrame {
  readonly frame: Frame;
  readonly octets: number;
}

/** One file of the spool: frames after each other, written at the end and read from the beginning. */
export class Segment {
  readonly number: number;
  readonly path: string;
  /** How far the file is good; what may lie beyond is half a frame whose writing failed. */
  octets = 0;
  /** Where the oldest frame that is not done begins. */
  #done = SEGMENT_HEADER_OCTETS;
  #frames = 0;
  #records = 0;
  #file: FileHandle | undefined;

  constructor(directory: string, number: number) {
    this.number = number;
    this.path = join(directory, segmentName(number));
  }

  /** What is in it and not done. */
  get left(): Tally {
    return { frames: this.#frames, records: this.#records, octets: Math.max(0, this.octets - this.#done) };
  }

  /** Takes over what an earlier process has left. */
  adopt(octets: number, done: number, frames: number, records: number): void {
    this.octets = octets;
    this.#done = done;
    this.#frames = frames;
    this.#records = records;
  }

  /**
   * Writes a frame at the end; the first one makes the file. When that fails what was written of it is cut
   * off; if even that is refused, the next frame is written over it.
   */
  async append(frame: Frame): Promise<void> {
    const parts = [encodeFrameHeader(frame, this.number), frame.payload];
    if (this.octets === 0) parts.unshift(encodeSegmentHeader(this.#done, this.number));
    this.#file ??= await (this.octets === 0 ? open(this.path, 'wx+', 0o600) : openSegment(this.path));
    try {
      await writeAll(this.#file, parts, this.octets);
    } catch (error) {
      await (this.octets === 0 ? this.remove() : this.#file.truncate(this.octets)).catch(() => {});
      throw error;
    }
    this.octets += parts.reduce((sum, part) => sum + part.length, 0);
    this.#frames++;
    this.#records += frame.records;
  }

  /**
   * The oldest frame that is not done. What is damaged before it is passed over and told to `onDamaged`: a
   * frame alone where its header is whole, else all that is left in the segment.
   */
  async read(onDamaged: (lost: Tally) => void): Promise<StoredFrame | undefined> {
    while (this.#frames > 0) {
      const header = decodeFrameHeader(await this.#octetsAt(this.#done, FRAME_HEADER_OCTETS), this.number);
      if (header === undefined) {
        onDamaged(this.#giveUp());
        return undefined;
      }
      const { records, timeMs, kind } = header;
      const octets = FRAME_HEADER_OCTETS + header.octets;
      const payload = await this.#octetsAt(this.#done + FRAME_HEADER_OCTETS, header.octets);
      if (payload.length === header.octets && crc32(payload) === header.payloadCrc) {
        return { frame: { payload, records, timeMs, kind }, octets };
      }
      this.#pass(records, octets);
      onDamaged({ frames: 1, records, octets });
    }
    return undefined;
  }

  /**
   * The frame that was read last is done. That is written down unless it was the last one: then the file
   * goes.
   */
  async acknowledge({ frame, octets }: StoredFrame): Promise<void> {
    this.#pass(frame.records, octets);
    if (this.#frames === 0) return;
    this.#file ??= await openSegment(this.path);
    await writeAll(this.#file, [encodeSegmentHeader(this.#done, this.number)], 0);
  }

  /** Nothing more will be written: what is here goes to the disk. */
  async finish(): Promise<void> {
    try {
      await this.#file?.datasync();
    } finally {
      await this.close();
    }
  }

  async remove(): Promise<void> {
    await this.close();
    await rm(this.path, { force: true });
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  #pass(records: number, octets: number): void {
    this.#done += octets;
    this.#frames--;
    this.#records -= records;
  }

  #giveUp(): Tally {
    const { left } = this;
    this.#done = this.octets;
    this.#frames = 0;
    this.#records = 0;
    return left;
  }

  /** Fewer octets where the file ends before; none where somebody has removed it. */
  async #octetsAt(position: number, length: number): Promise<Uint8Array> {
    try {
      this.#file ??= await openSegment(this.path);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return new Uint8Array(0);
      throw error;
    }
    return readUpTo(this.#file, position, length);
  }
}

/** One that is there, itself: a link would lead to a file that is none of the spool's. */
export const openSegment = (path: string): Promise<FileHandle> => open(path, constants.O_RDWR | NO_LINK);

/** `000000000042.segment`: in the order of their numbers also by name. */
export function segmentName(number: number): string {
  return `${String(number).padStart(12, '0')}.segment`;
}

/** The number of a segment by its name; undefined for other files. */
export function segmentNumber(name: string): number | undefined {
  return /^\d{12}\.segment$/.test(name) ? Number.parseInt(name, 10) : undefined;
}

export async function readUpTo(file: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const octets = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(octets, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return octets.subarray(0, filled);
}

/** The kernel may take less than it is given, for instance just before the disk is full. */
async function writeAll(file: FileHandle, parts: readonly Uint8Array[], position: number): Promise<void> {
  let rest = parts.filter(({ length }) => length > 0);
  while (rest.length > 0) {
    const { bytesWritten } = await file.writev(rest, position);
    position += bytesWritten;
    rest = without(rest, bytesWritten);
  }
}

function without(parts: readonly Uint8Array[], octets: number): Uint8Array[] {
  let taken = octets;
  return parts.flatMap((part) => {
    const rest = part.subarray(Math.min(taken, part.length));
    taken -= part.length - rest.length;
    return rest.length > 0 ? [rest] : [];
  });
}
