import { readFile } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import type { FieldName, FlowBatch } from '../flow/index.ts';
import { decodeFrameHeader, FRAME_HEADER_OCTETS, type Frame, SEGMENT_HEADER_OCTETS } from '../sinks/index.ts';
import { type DecodedFrames, FrameDecoder } from './decoded-frames.ts';
import type { LogPart } from './manifest.ts';
import type { TimeSpan } from './time-span.ts';

/** Octets of frames that are decoded in one turn of the event loop. */
const TURN_OCTETS = 64 * 1024;

/** A batch, and when it was stored: milliseconds since 1970. */
export interface StoredBatch {
  readonly batch: FlowBatch;
  readonly timeMs: number;
}

/** Records of a segment that cannot be read. */
export interface SegmentDamage extends TimeSpan {
  /** At least so many. */
  readonly records: number;
  readonly why: string;
}

/** What somebody wants of a segment. */
export interface WantedBatches {
  /** That the batches have, if they tell them. */
  readonly fields: ReadonlySet<FieldName>;
  /** Whether batches of a time are decoded. Others are only counted. */
  readonly isAsked: (timeMs: number) => boolean;
  /** Has those of earlier readings. */
  readonly decoded: DecodedFrames;
}

/** What a segment has, and what of it cannot be read. */
export interface SegmentContent {
  readonly batches: readonly StoredBatch[];
  /** In all frames that can be read. */
  readonly records: number;
  /** When the first and the last of them was stored. Without any the first is later than all times. */
  readonly oldestMs: number;
  readonly newestMs: number;
  readonly octets: number;
  /** Octets are damaged or missing, or another version of Weir wrote them. Undefined: all can be read. */
  readonly damage: SegmentDamage | undefined;
}

/**
 * Reads all batches of a segment. Another process may append to it meanwhile: half a frame at the end is no
 * damage.
 * @param listed how much of it there must be; undefined if that is unknown
 */
export async function readSegmentFile(
  path: string,
  number: number,
  listed: LogPart | undefined,
): Promise<SegmentContent> {
  return await segmentContent(await readFile(path), number, listed);
}

/**
 * What the octets of a segment are, as far as they are there.
 * @param wanted default all
 */
export async function segmentContent(
  octets: Uint8Array,
  number: number,
  listed: LogPart | undefined,
  wanted?: WantedBatches,
): Promise<SegmentContent> {
  const batches: StoredBatch[] = [];
  const decoder = new FrameDecoder();
  const decode = (header: Uint8Array, frame: Frame) =>
    wanted === undefined ? decoder.batchOf(frame) : wanted.decoded.batchOf(header, frame, wanted.fields);
  const whole: FrameFact[] = [];
  const damaged: FrameFact[] = [];
  let lastMs = listed?.fromMs ?? 0;
  let at = SEGMENT_HEADER_OCTETS;
  let turnEnd = at + TURN_OCTETS;
  for (;;) {
    const header = decodeFrameHeader(octets.subarray(at), number);
    if (header === undefined || at + FRAME_HEADER_OCTETS + header.octets > octets.length) break;
    const headerOctets = octets.subarray(at, at + FRAME_HEADER_OCTETS);
    at += FRAME_HEADER_OCTETS;
    const payload = octets.subarray(at, at + header.octets);
    at += header.octets;
    const { records, timeMs } = header;
    lastMs = timeMs;
    if (crc32(payload) !== header.payloadCrc) damaged.push({ records, timeMs });
    else if (wanted?.isAsked(timeMs) === false) whole.push({ records, timeMs });
    else {
      const batch = decode(headerOctets, { payload, records, timeMs });
      (batch === undefined ? damaged : whole).push({ records, timeMs });
      if (batch !== undefined) batches.push({ batch, timeMs });
    }
    if (at < turnEnd) continue;
    await setImmediate(); // Others have their turn.
    turnEnd = at + TURN_OCTETS;
  }
  const records = recordsOf(whole);
  const lacking = (listed?.records ?? 0) - records - recordsOf(damaged);
  const rest = octets.subarray(at);
  const isRestDamaged = rest.length >= FRAME_HEADER_OCTETS && decodeFrameHeader(rest, number) === undefined;
  if (lacking > 0 || isRestDamaged)
    damaged.push(
      { records: Math.max(0, lacking), timeMs: lastMs },
      { records: 0, timeMs: Math.max(lastMs, listed?.toMs ?? lastMs) },
    );
  return {
    batches,
    records,
    oldestMs: earliestOf(whole),
    newestMs: latestOf(whole),
    octets: octets.length,
    damage: damageOf(damaged, octets.length, listed),
  };
}

/** What is known of a frame without its batch. */
interface FrameFact {
  readonly records: number;
  readonly timeMs: number;
}

const recordsOf = (frames: readonly FrameFact[]): number =>
  frames.reduce((sum, { records }) => sum + records, 0);

const earliestOf = (frames: readonly FrameFact[]): number =>
  frames.reduce((least, { timeMs }) => Math.min(least, timeMs), Number.POSITIVE_INFINITY);

const latestOf = (frames: readonly FrameFact[]): number =>
  frames.reduce((most, { timeMs }) => Math.max(most, timeMs), Number.NEGATIVE_INFINITY);

function damageOf(
  damaged: readonly FrameFact[],
  octets: number,
  listed: LogPart | undefined,
): SegmentDamage | undefined {
  if (damaged.length === 0) return undefined;
  const isShort = listed !== undefined && octets < listed.octets;
  return {
    records: recordsOf(damaged),
    fromMs: earliestOf(damaged),
    toMs: latestOf(damaged) + 1,
    why: isShort ? `it has ${octets} octets instead of ${listed.octets}` : 'its octets are damaged',
  };
}
