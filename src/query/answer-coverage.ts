import {
  coveredLength,
  type HistoryCoverage,
  type HistoryGap,
  historyCoverage,
  leftOutText,
  type SumsNote,
  type TimeSpan,
  type Totals,
  UNLISTED,
} from '../store/index.ts';
import type { AnswerCoverage, Gap, Query, TimeCoverage } from './contract/index.ts';

/** Gaps that an answer has of a time. */
const MOST_GAPS = 200;

/** When an answer was made, in milliseconds since 1970, and how long that took. */
export interface AnswerTimes {
  readonly nowMs: number;
  readonly durationMs: number;
}

/**
 * How much of the asked time, and of the compared one, an answer covers.
 * @param isReduced whether it is for somebody who may read some namespaces only. He does not learn how much
 * the history has of others.
 */
export function answerCoverage(
  query: Query,
  totals: Totals,
  { nowMs, durationMs }: AnswerTimes,
  isReduced: boolean,
): AnswerCoverage {
  const { fromMs, toMs, compareMs } = query;
  const { unreadableRecords, tiers, files, rows } = totals;
  const asked = historyCoverage(query, totals, nowMs);
  const compared =
    compareMs === undefined ? undefined : { fromMs: fromMs - compareMs, toMs: toMs - compareMs };
  const previous = compared && historyCoverage(compared, totals, nowMs);
  return {
    tiers: tiers.length === 0 ? ['records'] : tiers,
    ...timeCoverage(asked),
    ...(previous === undefined ? {} : { previous: timeCoverage(previous) }),
    ...(isReduced && unreadableRecords > 0 ? {} : { unreadableRecords }),
    ...(isReduced ? {} : { files, rows }),
    durationMs: Math.round(durationMs),
    notices: [
      ...(compared && previous ? comparedNotices(compared, previous) : []),
      ...gapNotices(asked),
      ...contentNotices(totals, isReduced),
    ],
  };
}

const timeCoverage = ({ coveredFromMs, coveredToMs, gaps }: HistoryCoverage): TimeCoverage => ({
  coveredFromMs,
  coveredToMs,
  gaps: longestGaps(gaps),
});

function longestGaps(gaps: readonly HistoryGap[]): readonly Gap[] {
  if (gaps.length <= MOST_GAPS) return gaps;
  const lengthOf = ({ fromMs, toMs }: HistoryGap) => toMs - fromMs;
  const longest = new Set(gaps.toSorted((a, b) => lengthOf(b) - lengthOf(a)).slice(0, MOST_GAPS));
  return gaps.filter((gap) => longest.has(gap));
}

/** Differences to a time that is covered in part may come from its gaps. */
function comparedNotices(compared: TimeSpan, { gaps }: HistoryCoverage): string[] {
  if (gaps.length === 0) return [];
  const share = coveredLength(compared, gaps) / (compared.toMs - compared.fromMs);
  return [
    `The compared time is covered to ${(Math.floor(share * 1000) / 10).toFixed(1)} %: its counts may be too low, and changes too large.`,
  ];
}

function gapNotices({ gaps, unknownToMs }: HistoryCoverage): string[] {
  return [
    ...(unknownToMs === undefined
      ? []
      : [`Before ${isoText(unknownToMs)} it is not known when a process wrote: a quiet time may be a gap.`]),
    ...(gaps.length > MOST_GAPS
      ? [`There are ${gaps.length} gaps. The longest ${MOST_GAPS} are named.`]
      : []),
  ];
}

function contentNotices(
  { isCut, groupCount, unreadable, unlisted, listFaults, sumsNotes }: Totals,
  isReduced: boolean,
): string[] {
  const notices = [
    ...unreadable.map((part) => leftOutText(part, !isReduced)),
    ...unlisted.map((name) => `left out ${name}: ${UNLISTED}`),
    ...listFaults,
  ].map((text) => `${text[0]!.toUpperCase()}${text.slice(1)}.`);
  if (isCut)
    notices.push(
      `There are more than ${groupCount} groups. All counts are exact, but a group that is named may not be among the largest.`,
    );
  return [...notices, ...sumsNotes.map((note) => noteText(note, isReduced))];
}

/** The times that a row of sums has. */
const unitWords = {
  minutes: { by: 'the minute', aUnit: 'a minute' },
  hours: { by: 'the hour', aUnit: 'an hour' },
  fourHours: { by: 'four hours', aUnit: 'four hours' },
  days: { by: 'the day', aUnit: 'a day' },
} as const;

function noteText(note: SumsNote, isReduced: boolean): string {
  const [from, to] = [isoText(note.fromMs), isoText(note.toMs)];
  const time = `From ${from} to ${to}`;
  if (note.kind === 'unread')
    return `${time} only sums are left, which lack what the question${isReduced ? ' or your rights need' : ' reads'}: ${note.fields.join(', ')}. They are not counted.`;
  const { by, aUnit } = unitWords[note.tier];
  const left = `${time} only sums by ${by} are left`;
  switch (note.kind) {
    case 'undivided':
      return `${left}. All flows of ${aUnit} count at its beginning.`;
    case 'valueless':
      return `${left}. ${note.octets} octets in them have no value for some of ${note.dimensions.join(', ')}.`;
    case 'untested':
      return note.octets === undefined
        ? `${left}. Small flows in them may be those that you may read or not, and are not counted.`
        : `${left}. ${note.octets} octets in them may fit the condition or not, and are not counted.`;
  }
}

const isoText = (ms: number): string => new Date(ms).toISOString();
