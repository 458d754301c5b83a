import { crc32 } from 'node:zlib';

/** An entry of the spool: the owner's octets, and facts about them that need no decoding. */
export interface Frame {
  readonly payload: Uint8Array;
  /** Number of records (lines, flows) in the payload, for the ledger. Below 2^32. */
  readonly records: number;
  /** Milliseconds since 1970, which gives the age of a frame at its replay. */
  readonly timeMs: number;
  /** Chosen by the owner, for example a lane. Below 2^32, default 0. */
  readonly kind?: number;
}

export const FRAME_HEADER_OCTETS = 28;

export interface FrameHeader {
  /** Of the payload. */
  readonly octets: number;
  readonly records: number;
  readonly kind: number;
  readonly timeMs: number;
  readonly payloadCrc: number;
}

/**
 * The layout of a frame in a segment, in network byte order:
 *
 *     octets of the payload (32) | records (32) | kind (32) | time (64, IEEE 754) |
 *     CRC-32 of the payload (32) | CRC-32 of all before (32) | payload
 *
 * The header has its own CRC. So a damaged payload does not hide where the next frame begins and how many
 * records are lost. The CRC starts from the segment's number: octets of a deleted file are no frames of this
 * one.
 */
export function encodeFrameHeader(
  { payload, records, timeMs, kind = 0 }: Frame,
  segment: number,
): Uint8Array {
  for (const [name, value] of Object.entries({ records, kind })) {
    if (value >>> 0 !== value)
      throw new RangeError(`${name} of a frame: expected 0 to 2^32 - 1, found ${value}`);
  }
  const header = new Uint8Array(FRAME_HEADER_OCTETS);
  const view = new DataView(header.buffer);
  view.setUint32(0, payload.length);
  view.setUint32(4, records);
  view.setUint32(8, kind);
  view.setFloat64(12, timeMs);
  view.setUint32(20, crc32(payload));
  view.setUint32(24, crc32(header.subarray(0, 24), segment >>> 0));
  return header;
}

/** Reads the header at the beginning of `octets`; undefined when it is missing or damaged. */
export function decodeFrameHeader(octets: Uint8Array, segment: number): FrameHeader | undefined {
  if (octets.length < FRAME_HEADER_OCTETS) return undefined;
  const view = new DataView(octets.buffer, octets.byteOffset, FRAME_HEADER_OCTETS);
  if (view.getUint32(24) !== crc32(octets.subarray(0, 24), segment >>> 0)) return undefined;
  return {
    octets: view.getUint32(0),
    records: view.getUint32(4),
    kind: view.getUint32(8),
    timeMs: view.getFloat64(12),
    payloadCrc: view.getUint32(20),
  };
}
