import { constants } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { NO_LINK } from '../../runtime/index.ts';
import { errnoOf } from '../disk-refusals.ts';
import { decodeFrameHeader, encodeFrameHeader, FRAME_HEADER_OCTETS, type Frame } from './frame.ts';

export const SEGMENT_HEADER_OCTETS = 8;
/** Positions in a segment have 32 bits. */
export const MAX_SEGMENT_OCTETS = 0xffff_ffff;

/** A number of frames, their records, and their octets with headers. */
export interface Tally {
  readonly frames: number;
  readonly records: number;
  readonly octets: number;
}

/**
 * The header of a segment, before its frames:
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

/** The position of the oldest unacknowledged frame; the first frame when the header is damaged. */
export function decodeSegmentHeader(octets: Uint8Array, segment: number): number {
  if (octets.length < SEGMENT_HEADER_OCTETS) return SEGMENT_HEADER_OCTETS;
  const view = new DataView(octets.buffer, octets.byteOffset, SEGMENT_HEADER_OCTETS);
  const isWhole = view.getUint32(4) === crc32(octets.subarray(0, 4), segment >>> 0);
  return isWhole ? view.getUint32(0) : SEGMENT_HEADER_OCTETS;
}

/** A frame that was read, and its octets in the segment. */
export interface StoredFrame {
  readonly frame: Frame;
  readonly octets: number;
}

/** One file of the spool: frames, appended at the end and read from the beginning. */
export class Segment {
  readonly number: number;
  readonly path: string;
  /** Where the good part of the file ends; half a frame may follow after a failed write. */
  octets = 0;
  /** Where the oldest unacknowledged frame begins. */
  #done = SEGMENT_HEADER_OCTETS;
  #frames = 0;
  #records = 0;
  #file: FileHandle | undefined;

  constructor(directory: string, number: number) {
    this.number = number;
    this.path = join(directory, segmentName(number));
  }

  /** The unacknowledged frames. */
  get left(): Tally {
    return { frames: this.#frames, records: this.#records, octets: Math.max(0, this.octets - this.#done) };
  }

  /** Opens a segment of an earlier process. */
  adopt(octets: number, done: number, frames: number, records: number): void {
    this.octets = octets;
    this.#done = done;
    this.#frames = frames;
    this.#records = records;
  }

  /**
   * Appends a frame; the first one creates the file. After a failure the incomplete frame is truncated. If
   * that fails as well, the next frame overwrites it.
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
   * Returns the oldest unacknowledged frame. Skips damaged ones before it and reports them to `onDamaged`:
   * one frame when its header is good, else the rest of the segment.
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
   * Acknowledges the frame that was read last. The header records that; after the last frame, the file is
   * deleted.
   */
  async acknowledge({ frame, octets }: StoredFrame): Promise<void> {
    this.#pass(frame.records, octets);
    if (this.#frames === 0) return;
    this.#file ??= await openSegment(this.path);
    await writeAll(this.#file, [encodeSegmentHeader(this.#done, this.number)], 0);
  }

  /** Synchronises a complete segment with the disk. */
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

  /** Returns fewer octets when the file ends before, and none when somebody has removed it. */
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

/** Opens an existing file, and follows no symbolic link: its target would not be the spool's. */
export const openSegment = (path: string): Promise<FileHandle> => open(path, constants.O_RDWR | NO_LINK);

/** `000000000042.segment`: names sort like numbers. */
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

/** The kernel may write only a part, for example just before the disk is full. */
async function writeAll(file: FileHandle, parts: readonly Uint8Array[], position: number): Promise<void> {
  let rest = parts.filter(({ length }) => length > 0);
  while (rest.length > 0) {
    const { bytesWritten } = await file.writev(rest, position);
    position += bytesWritten;
    rest = withoutFirst(rest, bytesWritten);
  }
}

function withoutFirst(parts: readonly Uint8Array[], octets: number): Uint8Array[] {
  let taken = octets;
  return parts.flatMap((part) => {
    const rest = part.subarray(Math.min(taken, part.length));
    taken -= part.length - rest.length;
    return rest.length > 0 ? [rest] : [];
  });
}
