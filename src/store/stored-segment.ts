import { readFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import type { FlowBatch } from '../flow/index.ts';
import {
  batchOfFrame,
  decodeFrameHeader,
  FRAME_HEADER_OCTETS,
  SEGMENT_HEADER_OCTETS,
} from '../sinks/index.ts';

/** A batch, and when it was stored: milliseconds since 1970. */
export interface StoredBatch {
  readonly batch: FlowBatch;
  readonly timeMs: number;
}

/** What a segment has, and how much of it cannot be read. */
export interface SegmentContent {
  readonly batches: readonly StoredBatch[];
  /** Records in batches whose octets are damaged, or which another version of Weir wrote. */
  readonly unreadableRecords: number;
  readonly octets: number;
}

/**
 * Reads all batches of a segment. Another process may append to it meanwhile: half a frame at the end is no
 * damage.
 */
export async function readSegmentFile(path: string, number: number): Promise<SegmentContent> {
  return await segmentContent(await readFile(path), number);
}

/** What the octets of a segment are, as far as they are there. */
export async function segmentContent(octets: Uint8Array, number: number): Promise<SegmentContent> {
  const batches: StoredBatch[] = [];
  let unreadableRecords = 0;
  let at = SEGMENT_HEADER_OCTETS;
  for (;;) {
    const header = decodeFrameHeader(octets.subarray(at), number);
    if (header === undefined || at + FRAME_HEADER_OCTETS + header.octets > octets.length) break;
    at += FRAME_HEADER_OCTETS;
    const payload = octets.subarray(at, at + header.octets);
    at += header.octets;
    const { records, timeMs } = header;
    const isWhole = crc32(payload) === header.payloadCrc;
    const batch = isWhole ? await batchOfFrame({ payload, records, timeMs }) : undefined;
    if (batch === undefined) unreadableRecords += records;
    else batches.push({ batch, timeMs });
  }
  return { batches, unreadableRecords, octets: octets.length };
}
