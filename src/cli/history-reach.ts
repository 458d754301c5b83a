import type { Gap } from '../query/index.ts';
import { writeError } from './standard-error.ts';

/** Gaps that are named one by one. */
const MOST_GAPS = 20;

/** Reports how far back a history reaches, when that is less than what was asked. Times in milliseconds. */
export function reportReach(oldestMs: number, sinceMs: number): void {
  if (oldestMs > sinceMs) writeError(`weir: the history reaches back to ${isoText(oldestMs)}\n`);
}

/** Reports the times with missing records. */
export function reportGaps(gaps: readonly Gap[]): void {
  for (const gap of gaps.slice(0, MOST_GAPS)) writeError(`weir: no flows from ${gapText(gap)}\n`);
  const more = gaps.length - MOST_GAPS;
  if (more > 0) writeError(`weir: flows are missing in ${more} more gaps; -o json of weir query has them\n`);
}

/** "2026-01-31T02:00:00.000Z to 2026-01-31T03:00:00.000Z: no process wrote". */
export const gapText = ({ fromMs, toMs, why }: Gap): string =>
  `${isoText(fromMs)} to ${isoText(toMs)}: ${why}`;

const isoText = (ms: number): string => new Date(ms).toISOString();
