import { type FileHandle, readdir, rm } from 'node:fs/promises';
import { decodeFrameHeader, FRAME_HEADER_OCTETS, type FrameHeader } from './frame.ts';
import {
  decodeSegmentHeader,
  openSegment,
  readUpTo,
  SEGMENT_HEADER_OCTETS,
  Segment,
  segmentNumber,
  type Tally,
} from './segment.ts';

/** The frames of earlier processes, and how much of them cannot be read. */
export interface Recovered extends Tally {
  /**
   * Lost: octets after an unreadable header, and frames that end too early. Payloads are checked when they
   * are read.
   */
  readonly damaged: Tally;
  /** Octets of a frame whose writing did not complete when the process died. It was never confirmed. */
  readonly tornOctets: number;
}

/**
 * Finds the segments of a directory, oldest first, and truncates their unreadable ends.
 * @param onRefused told of one that the system does not open, which stays as it is; default: it throws
 */
export async function recoverSegments(
  directory: string,
  onRefused = (_number: number, _path: string, error: unknown): void => {
    throw error;
  },
): Promise<{ segments: Segment[]; nextNumber: number; recovered: Recovered }> {
  const numbers = (await readdir(directory)).map(segmentNumber).filter((number) => number !== undefined);
  numbers.sort((a, b) => a - b);
  const segments: Segment[] = [];
  let damaged: Tally = { frames: 0, records: 0, octets: 0 };
  let tornOctets = 0;
  for (const number of numbers) {
    const segment = new Segment(directory, number);
    const end = await adoptSegment(segment).catch((error: unknown) => onRefused(number, segment.path, error));
    if (end === undefined) continue;
    const isTorn = end.kind === 'early' && number === numbers.at(-1);
    if (isTorn) tornOctets += end.lost.octets;
    else damaged = addTallies(damaged, end.lost);
    if (segment.left.frames > 0) segments.push(segment);
    else await rm(segment.path, { force: true });
  }
  const found = segments.map(({ left }) => left).reduce(addTallies, { frames: 0, records: 0, octets: 0 });
  return { segments, nextNumber: (numbers.at(-1) ?? 0) + 1, recovered: { ...found, damaged, tornOctets } };
}

/** Why the good part of a segment ends: an incomplete frame, or a damaged header. */
interface End {
  readonly kind: 'early' | 'damaged';
  readonly lost: Tally;
}

/** Counts the frames of a segment by their headers, and truncates it after the last good one. */
async function adoptSegment(segment: Segment): Promise<End> {
  const file = await openSegment(segment.path);
  try {
    const { size } = await file.stat();
    const headers = new HeaderReader(file, segment.number);
    const done = decodeSegmentHeader(await readUpTo(file, 0, SEGMENT_HEADER_OCTETS), segment.number);
    let position = done;
    let frames = 0;
    let records = 0;
    let header = await headers.at(position);
    while (header !== undefined && position + FRAME_HEADER_OCTETS + header.octets <= size) {
      position += FRAME_HEADER_OCTETS + header.octets;
      frames++;
      records += header.records;
      header = await headers.at(position);
    }
    segment.adopt(position, done, frames, records);
    if (position < size) await file.truncate(position);
    const octets = Math.max(0, size - position);
    if (header !== undefined) return { kind: 'early', lost: { frames: 1, records: header.records, octets } };
    return {
      kind: octets < FRAME_HEADER_OCTETS ? 'early' : 'damaged',
      lost: { frames: 0, records: 0, octets },
    };
  } finally {
    await file.close();
  }
}

/** Reads frame headers, many at once for small frames. */
class HeaderReader {
  readonly #file: FileHandle;
  readonly #segment: number;
  #octets: Uint8Array = new Uint8Array(0);
  #position = 0;

  constructor(file: FileHandle, segment: number) {
    this.#file = file;
    this.#segment = segment;
  }

  async at(position: number): Promise<FrameHeader | undefined> {
    if (position + FRAME_HEADER_OCTETS > this.#position + this.#octets.length) {
      this.#octets = await readUpTo(this.#file, position, 65_536);
      this.#position = position;
    }
    return decodeFrameHeader(this.#octets.subarray(position - this.#position), this.#segment);
  }
}

function addTallies(a: Tally, b: Tally): Tally {
  return { frames: a.frames + b.frames, records: a.records + b.records, octets: a.octets + b.octets };
}
