import type { LineBatch } from './line-batch.ts';
import { labelsOf } from './selector-labels.ts';

export const REPLAYED = 'replayed';
const HALF_AN_HOUR_MS = 1_800_000;

/*
 * Streams for late lines: Loki refuses a line that is an hour (half of max_chunk_age) older than the newest
 * of its stream. These streams have the labels of the original stream, and replayed="true".
 */

/** Moves late lines to streams without newer lines. */
export function replayedBatch(batch: LineBatch): LineBatch {
  const isAlready = batch.parts.some(({ selector }) => REPLAYED in labelsOf(selector));
  return isAlready ? batch : batch.withLabel(REPLAYED, 'true');
}

/**
 * Moves lines that are too old for their stream to the next possible one. After replayed="true" that is the
 * stream of the half hour in which they came, replayed="2026-01-31T10:30Z". Undefined when they are there.
 */
export function fartherBehind(batch: LineBatch): LineBatch | undefined {
  const label = labelsOf(batch.parts[0]!.selector)[REPLAYED];
  if (label === undefined) return batch.withLabel(REPLAYED, 'true');
  if (label !== 'true') return undefined;
  const halfHour = new Date(Math.floor(batch.sinceMs / HALF_AN_HOUR_MS) * HALF_AN_HOUR_MS);
  return batch.withLabel(REPLAYED, halfHour.toISOString().replace(/:00\.000Z$/, 'Z'));
}
