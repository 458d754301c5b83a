import type { LeftOutReason } from './left-out.ts';
import type { TimeSpan } from './time-span.ts';
import {
  lastWrittenMs,
  unitedSpans,
  type WritingGap,
  type WritingSpan,
  type WritingTimes,
  writingGaps,
} from './writing-spans.ts';

/** What tells which times a history covers. Times are in milliseconds since 1970. */
export interface CoverageEvidence {
  /** When the oldest and the newest record were stored; undefined without records. */
  readonly oldestMs: number | undefined;
  readonly newestMs: number | undefined;
  /** From when on nothing was deleted; undefined if that is unknown. */
  readonly undeletedFromMs: number | undefined;
  /** Up to when records were deleted, whatever is left of earlier times; undefined: none were. */
  readonly deletedToMs: number | undefined;
  readonly writing: WritingTimes;
  /** When no exporter was there; one that has not ended goes on. */
  readonly absences: readonly WritingSpan[];
  /** Files whose records are lost, or cannot be read. */
  readonly unreadable: readonly (TimeSpan & Pick<LeftOutReason, 'fault'>)[];
}

const NO_EXPORTER = 'no exporter was there';

/** A time with missing records: all of them, or some. */
export interface HistoryGap extends TimeSpan {
  readonly why: 'before the history' | LeftOutReason['fault'] | WritingGap['why'] | typeof NO_EXPORTER;
}

/** How much of a time a history covers. All times are whole milliseconds. */
export interface HistoryCoverage {
  /** The covered part, with gaps in it. Undefined when nothing is covered. */
  readonly coveredFromMs: number | undefined;
  readonly coveredToMs: number | undefined;
  /** In the order of time. */
  readonly gaps: readonly HistoryGap[];
  /** Of the covered time before this it is unknown when a process wrote; undefined if all is known. */
  readonly unknownToMs: number | undefined;
}

/** @param nowMs what comes later is no gap */
export function historyCoverage(span: TimeSpan, evidence: CoverageEvidence, nowMs: number): HistoryCoverage {
  const { writing, absences, newestMs, unreadable } = evidence;
  const asked = { fromMs: span.fromMs, toMs: Math.max(span.fromMs, Math.min(span.toMs, Math.ceil(nowMs))) };
  const beginMs = beginOf(evidence);
  const isBefore = beginMs === undefined || beginMs >= asked.toMs;
  const coveredFromMs = isBefore ? undefined : Math.max(asked.fromMs, Math.floor(beginMs));
  const covered = { fromMs: coveredFromMs ?? asked.toMs, toMs: asked.toMs };
  const before: HistoryGap = { fromMs: asked.fromMs, toMs: covered.fromMs, why: 'before the history' };
  // The last time is that of a record, which is in the gap.
  const damaged = unreadable.map(
    ({ fromMs, toMs, fault }): HistoryGap => ({ fromMs, toMs: Math.floor(toMs) + 1, why: fault }),
  );
  const written = unitedSpans(writing);
  const unsent = absences.flatMap((absence) => absenceGaps(absence, written));
  const gaps = [...writingGaps(writing, covered), ...unsent, ...damaged]
    .map((gap) => wholeGap(gap, covered))
    .filter(({ fromMs, toMs }) => fromMs < toMs)
    .sort((one, other) => one.fromMs - other.fromMs);
  const lastMs = Math.max(newestMs ?? 0, lastWrittenMs(writing) ?? 0);
  const knownFromMs = writing.knownFromMs ?? covered.toMs;
  return {
    coveredFromMs,
    coveredToMs: isBefore ? undefined : Math.min(covered.toMs, Math.max(covered.fromMs, Math.ceil(lastMs))),
    gaps: before.fromMs < before.toMs ? [before, ...gaps] : gaps,
    unknownToMs: knownFromMs > covered.fromMs ? Math.min(knownFromMs, covered.toMs) : undefined,
  };
}

/** Only while a process wrote: else that is the reason. */
function absenceGaps(absence: WritingSpan, written: readonly TimeSpan[]): HistoryGap[] {
  const endMs = absence.isEnded ? absence.toMs : Number.POSITIVE_INFINITY;
  return written
    .filter(({ fromMs, toMs }) => fromMs < endMs && toMs > absence.fromMs)
    .map(({ fromMs, toMs }) => ({
      fromMs: Math.max(absence.fromMs, fromMs),
      toMs: Math.min(endMs, toMs),
      why: NO_EXPORTER,
    }));
}

/** The time that no gap has, in milliseconds. Gaps may overlap. */
export function coveredLength({ fromMs, toMs }: TimeSpan, gaps: readonly TimeSpan[]): number {
  let [coveredMs, endMs] = [0, fromMs];
  for (const gap of gaps.toSorted((one, other) => one.fromMs - other.fromMs)) {
    coveredMs += Math.max(0, gap.fromMs - endMs);
    endMs = Math.max(endMs, gap.toMs);
  }
  return coveredMs + Math.max(0, toMs - endMs);
}

/** Where the history begins: a quiet writer covers a time as well as records do. */
function beginOf({ oldestMs, undeletedFromMs, deletedToMs, writing }: CoverageEvidence): number | undefined {
  const { knownFromMs } = writing;
  const quietMs =
    undeletedFromMs === undefined || knownFromMs === undefined
      ? undefined
      : Math.max(undeletedFromMs, knownFromMs);
  const beginMs = quietMs === undefined ? oldestMs : Math.min(oldestMs ?? quietMs, quietMs);
  // After the clock was set back, what was deleted may be of a later time.
  return beginMs === undefined || deletedToMs === undefined ? beginMs : Math.max(beginMs, deletedToMs);
}

const wholeGap = ({ fromMs, toMs, why }: HistoryGap, within: TimeSpan): HistoryGap => ({
  fromMs: Math.max(within.fromMs, Math.floor(fromMs)),
  toMs: Math.min(within.toMs, Math.ceil(toMs)),
  why,
});
