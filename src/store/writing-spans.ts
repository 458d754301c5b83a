import type { TimeSpan } from './time-span.ts';

/* The times in which a process wrote a history. Pure: no clock, no files. */

/** What ended the time before. Undefined: no process wrote. */
export type Interruption = 'pause' | 'clock' | 'refusal';

/** A time in which a process had the history open, and the disk took records. */
export interface WritingSpan extends TimeSpan {
  /** Whether it was ended on purpose. Else its writer lives, or it died after `toMs`. */
  readonly isEnded?: true;
  /** Why there is a gap before it. */
  readonly after?: Interruption;
}

/** What is known about the writers of a history. */
export interface WritingTimes {
  /** Nothing is known about the time before; undefined if nothing is known at all. */
  readonly knownFromMs: number | undefined;
  /** In the order in which they began, whatever the clock showed. */
  readonly spans: readonly WritingSpan[];
  /** Lines that cannot be read. What they said is a gap, or hides one. */
  readonly damagedLines?: number;
  /** Why nothing could be read. */
  readonly unreadable?: string;
}

/** How often a writer says that it lives. */
export const BEAT_MS = 5_000;
/** The last span may go on so long after its last beat. */
const GRACE_MS = 2 * BEAT_MS;

/** Why no records were stored. */
export const writingGapReasons = {
  none: 'no process wrote',
  pause: 'the process stood still',
  clock: 'the clock was set forward',
  refusal: 'records were refused',
} as const;

export interface WritingGap extends TimeSpan {
  readonly why: (typeof writingGapReasons)[keyof typeof writingGapReasons];
}

/** When the last writer was seen; undefined when there was none. A living one is seen until its next beat. */
export function lastWrittenMs({ spans }: WritingTimes): number | undefined {
  return spans.length === 0 ? undefined : Math.max(...withGrace(spans).map(({ toMs }) => toMs));
}

/** The times, within those about which something is known, in which no record could be stored. */
export function writingGaps({ knownFromMs, spans }: WritingTimes, within: TimeSpan): WritingGap[] {
  if (knownFromMs === undefined) return [];
  const gaps: WritingGap[] = [];
  let endMs = Math.max(knownFromMs, within.fromMs);
  const addGap = (toMs: number, after?: Interruption) => {
    const gap = { fromMs: endMs, toMs: Math.min(toMs, within.toMs), why: writingGapReasons[after ?? 'none'] };
    if (gap.fromMs < gap.toMs) gaps.push(gap);
  };
  let seenMs = 0;
  // The clock may have been set back, so spans overlap. What interrupted one explains the time since the span
  // before it, and no gap since a later one.
  const inTurn = withGrace(spans).map((span, at, all) => ({
    ...span,
    beforeMs: all[at - 1]?.toMs ?? seenMs,
  }));
  for (const { fromMs, toMs, after, beforeMs } of inTurn.sort((one, other) => one.fromMs - other.fromMs)) {
    addGap(fromMs, beforeMs < seenMs ? undefined : after);
    seenMs = Math.max(seenMs, toMs);
    endMs = Math.max(endMs, seenMs);
  }
  addGap(within.toMs);
  return gaps;
}

/** The times in which a process wrote, in their order and without overlaps. */
export function unitedSpans({ spans }: WritingTimes): readonly TimeSpan[] {
  const united: TimeSpan[] = [];
  for (const { fromMs, toMs } of withGrace(spans).sort((one, other) => one.fromMs - other.fromMs)) {
    const before = united.at(-1);
    if (before === undefined || fromMs > before.toMs) united.push({ fromMs, toMs });
    else united.splice(-1, 1, { fromMs: before.fromMs, toMs: Math.max(before.toMs, toMs) });
  }
  return united;
}

/** Only the last one may go on. Of an earlier one the time after its last beat is unknown: a gap. */
function withGrace(spans: readonly WritingSpan[]): WritingSpan[] {
  const last = spans.at(-1);
  if (last === undefined || last.isEnded) return [...spans];
  return [...spans.slice(0, -1), { ...last, toMs: last.toMs + GRACE_MS }];
}
