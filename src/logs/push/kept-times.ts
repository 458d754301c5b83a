import { EARLIEST_MS, LATEST_MS } from '../flow-lines/index.ts';
import type { LineBatch } from './line-batch.ts';

const DAY_MS = 86_400_000;
/** A push takes less time. */
const MARGIN_MS = 60_000;
/** Of a time in milliseconds. */
const LEAST_MS = 0.001;

/**
 * Numbers of dropped lines, by VictoriaLogs' reason in vl_rows_dropped_total.
 */
export type DroppedLines = readonly (readonly [reason: string, lines: number])[];

/** The part of a batch that is kept, undefined for nothing, and the number of dropped lines. */
interface Sifted {
  readonly kept: LineBatch | undefined;
  readonly dropped: DroppedLines;
}

/**
 * The times of lines that VictoriaLogs keeps: within its retention and not too far ahead. It drops others
 * silently.
 */
export class KeptTimes {
  readonly #retentionMs: number;
  readonly #futureMs: number;

  constructor({ retentionMs, futureMs }: { readonly retentionMs: number; readonly futureMs: number }) {
    this.#retentionMs = retentionMs;
    this.#futureMs = futureMs;
  }

  /** The part of a batch that VictoriaLogs keeps for sure, if its clock agrees with this one. */
  worthPushing(batch: LineBatch, nowMs: number): Sifted {
    const startMs = nowMs - this.#retentionMs + MARGIN_MS;
    const endMs = nowMs + this.#futureMs - MARGIN_MS;
    return siftBatch(batch, startMs, endMs, nowMs);
  }

  /** The part of a batch that VictoriaLogs has kept, by its own time. It compares days of UTC. */
  keptAt(batch: LineBatch, serverMs: number): Sifted {
    const startMs = dayOf(serverMs - this.#retentionMs);
    const endMs = dayOf(serverMs + this.#futureMs) + DAY_MS - LEAST_MS;
    return siftBatch(batch, startMs, endMs, serverMs);
  }
}

const dayOf = (ms: number): number => Math.floor(ms / DAY_MS) * DAY_MS;

function siftBatch(batch: LineBatch, startMs: number, endMs: number, nowMs: number): Sifted {
  // when lines come they are no older than this, and no further ahead; the clock may have been set back since
  const newestMs = Math.max(batch.sinceMs, nowMs) + EARLIEST_MS;
  if (batch.sinceMs - LATEST_MS >= startMs && newestMs <= endMs) return { kept: batch, dropped: [] };
  const { inside, before, after } = batch.between(startMs, endMs);
  const dropped = [
    ['too_small_timestamp', before],
    ['too_big_timestamp', after],
  ] as const;
  return { kept: inside, dropped: dropped.filter(([, lines]) => lines > 0) };
}
