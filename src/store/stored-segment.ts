import { readFile } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { Dictionary, type FieldName, type FlowBatch } from '../flow/index.ts';
import {
  batchOfFrame,
  decodeFrameHeader,
  FRAME_HEADER_OCTETS,
  SEGMENT_HEADER_OCTETS,
} from '../sinks/index.ts';
import type { LogPart } from './manifest.ts';
import type { TimeSpan } from './time-span.ts';

/** Octets of frames that are decoded in one turn of the event loop. */
const TURN_OCTETS = 64 * 1024;
/** Octets of names that batches share. */
const MOST_SHARED_OCTETS = 1024 * 1024;

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

/** What a segment has, and what of it cannot be read. */
export interface SegmentContent {
  readonly batches: readonly StoredBatch[];
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
 * @param wanted the batches have only these fields; default all
 */
export async function segmentContent(
  octets: Uint8Array,
  number: number,
  listed: LogPart | undefined,
  wanted?: ReadonlySet<FieldName>,
): Promise<SegmentContent> {
  const batches: StoredBatch[] = [];
  let dictionary = new Dictionary();
  const damaged: { readonly records: number; readonly timeMs: number }[] = [];
  let lastMs = listed?.fromMs ?? 0;
  let at = SEGMENT_HEADER_OCTETS;
  let turnEnd = at + TURN_OCTETS;
  for (;;) {
    const header = decodeFrameHeader(octets.subarray(at), number);
    if (header === undefined || at + FRAME_HEADER_OCTETS + header.octets > octets.length) break;
    at += FRAME_HEADER_OCTETS;
    const payload = octets.subarray(at, at + header.octets);
    at += header.octets;
    const { records, timeMs } = header;
    lastMs = timeMs;
    const isWhole = crc32(payload) === header.payloadCrc;
    if (dictionary.octets > MOST_SHARED_OCTETS) dictionary = new Dictionary();
    const batch = isWhole ? batchOfFrame({ payload, records, timeMs }, dictionary, wanted) : undefined;
    if (batch === undefined) damaged.push({ records, timeMs });
    else batches.push({ batch, timeMs });
    if (at < turnEnd) continue;
    await setImmediate(); // Others have their turn.
    turnEnd = at + TURN_OCTETS;
  }
  const read = [...batches.map(({ batch }) => batch.length), ...damaged.map(({ records }) => records)];
  const lacking = (listed?.records ?? 0) - read.reduce((sum, records) => sum + records, 0);
  const rest = octets.subarray(at);
  const isRestDamaged = rest.length >= FRAME_HEADER_OCTETS && decodeFrameHeader(rest, number) === undefined;
  if (lacking > 0 || isRestDamaged)
    damaged.push(
      { records: Math.max(0, lacking), timeMs: lastMs },
      { records: 0, timeMs: Math.max(lastMs, listed?.toMs ?? lastMs) },
    );
  return { batches, octets: octets.length, damage: damageOf(damaged, octets.length, listed) };
}

function damageOf(
  damaged: readonly { readonly records: number; readonly timeMs: number }[],
  octets: number,
  listed: LogPart | undefined,
): SegmentDamage | undefined {
  if (damaged.length === 0) return undefined;
  const isShort = listed !== undefined && octets < listed.octets;
  return {
    records: damaged.reduce((sum, { records }) => sum + records, 0),
    fromMs: damaged.reduce((least, { timeMs }) => Math.min(least, timeMs), Number.POSITIVE_INFINITY),
    toMs: damaged.reduce((most, { timeMs }) => Math.max(most, timeMs), 0) + 1,
    why: isShort ? `it has ${octets} octets instead of ${listed.octets}` : 'its octets are damaged',
  };
}
