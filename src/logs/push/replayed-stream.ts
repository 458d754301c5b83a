import type { LineBatch } from './line-batch.ts';
import { labelsOf } from './selector-labels.ts';

export const REPLAYED = 'replayed';
const HALF_AN_HOUR_MS = 1_800_000;

/*
 * Streams for lines that come late: Loki refuses what is an hour behind the newest of its stream (half of
 * max_chunk_age). They have the labels of the stream where the lines belong, and replayed="true".
 */

/** Lines that have waited for long, in streams where the present is not ahead of them. */
export function replayedBatch(batch: LineBatch): LineBatch {
  const isAlready = batch.parts.some(({ selector }) => REPLAYED in labelsOf(selector));
  return isAlready ? batch : batch.withLabel(REPLAYED, 'true');
}

/**
 * Lines that are too far behind the stream that they are in, in the next that they may be in: after
 * replayed="true" that of the half hour in which they came, replayed="2026-01-31T10:30Z". Undefined when they
 * are there.
 */
export function fartherBehind(batch: LineBatch): LineBatch | undefined {
  const label = labelsOf(batch.parts[0]!.selector)[REPLAYED];
  if (label === undefined) return batch.withLabel(REPLAYED, 'true');
  if (label !== 'true') return undefined;
  const halfHour = new Date(Math.floor(batch.sinceMs / HALF_AN_HOUR_MS) * HALF_AN_HOUR_MS);
  return batch.withLabel(REPLAYED, halfHour.toISOString().replace(/:00\.000Z$/, 'Z'));
}
