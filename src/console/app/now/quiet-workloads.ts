import type { QueryAnswer, QueryText } from '../../../query/contract/index.ts';
import { exactOf } from '../counts/index.ts';

/*
 * Which workloads carry far less than at this time of former days. The alerts about quiet workloads compare
 * weeks and look at pauses and rollouts, which takes metrics. This takes their share and their floor only.
 */

/** As `quiet_share` and `quiet_floor` of the alerts. */
export const QUIET_SHARE = 0.4;
export const QUIET_FLOOR_OCTETS_PER_SECOND = 1_000;
/** With fewer, one holiday would be what is usual. */
const LEAST_DAYS = 3;
const MOST_DAYS = 7;
const DAY_MS = 86_400_000;
const WINDOW_MS = 15 * 60_000;
/** Records of these minutes still arrive: a flow that lasts has one each minute. */
const DELAY_MS = 2 * 60_000;

/** What one day says: a window of it by workload, for both ends. */
export interface QuietWindow {
  readonly bySource: QueryAnswer;
  readonly byDestination: QueryAnswer;
}

/** When the quarter of an hour begins that is compared. */
export const quietStart = (nowMs: number): number => nowMs - DELAY_MS - WINDOW_MS;

export function quietQueries(
  daysAgo: number,
  nowMs: number,
  where: string,
): readonly [bySource: QueryText, byDestination: QueryText] {
  const fromMs = quietStart(nowMs) - daysAgo * DAY_MS;
  const query = {
    from: new Date(fromMs).toISOString(),
    to: new Date(fromMs + WINDOW_MS).toISOString(),
    ...(where === '' ? {} : { where }),
    measures: ['octets'],
    top: 1_000,
  } as const;
  return [
    { ...query, by: ['sourceWorkload'] },
    { ...query, by: ['destinationWorkload'] },
  ];
}

/** The days that are asked, today first. */
export const quietDays: readonly number[] = Array.from({ length: MOST_DAYS + 1 }, (_, day) => day);

export interface QuietWorkload {
  readonly workload: string;
  /** Octets a second. */
  readonly rate: number;
  readonly usual: number;
}

/** What is quiet, or why that cannot be known. */
export type QuietFinding =
  | { readonly isKnown: true; readonly days: number; readonly quiet: readonly QuietWorkload[] }
  | { readonly isKnown: false; readonly why: string };

/**
 * @param startMs when the process started, if that may be known: before that it saw nothing, and everything
 * would seem quiet. Without it the gaps of the history say the same.
 */
export function quietWorkloads(
  [today, ...earlier]: readonly QuietWindow[],
  startMs: number | undefined,
): QuietFinding {
  if (today === undefined || !isWhole(today) || (startMs !== undefined && today.bySource.fromMs < startMs))
    return { isKnown: false, why: 'the history does not have all of the last minutes' };
  const whole = earlier.filter(isWhole);
  if (whole.length < LEAST_DAYS) {
    const why = `it takes this time of ${LEAST_DAYS} former days, and the history has ${whole.length}`;
    return { isKnown: false, why };
  }
  const rates = ratesOf(today);
  const former = whole.map(ratesOf);
  const workloads = new Set(former.flatMap((day) => [...day.keys()]));
  const quiet = [...workloads].flatMap((workload) => {
    const usual = medianOf(former.map((day) => day.get(workload) ?? 0));
    const rate = rates.get(workload) ?? 0;
    return usual >= QUIET_FLOOR_OCTETS_PER_SECOND && rate < QUIET_SHARE * usual
      ? [{ workload, rate, usual }]
      : [];
  });
  return {
    isKnown: true,
    days: whole.length,
    quiet: quiet.sort((a, b) => b.usual - b.rate - (a.usual - a.rate)),
  };
}

/** Whether all records of the window are there, and each workload has its own group. */
const isWhole = ({ bySource, byDestination }: QuietWindow): boolean =>
  [bySource, byDestination].every(
    ({ coverage, groups }) =>
      coverage.coveredFromMs !== undefined &&
      coverage.gaps.length === 0 &&
      coverage.unreadableRecords === 0 &&
      groups.every(({ isRest }) => !isRest),
  );

/** A workload's traffic with itself counts twice, today as on former days. */
function ratesOf({ bySource, byDestination }: QuietWindow): ReadonlyMap<string, number> {
  const rates = new Map<string, number>();
  for (const { groups } of [bySource, byDestination]) {
    for (const { key, totals } of groups) {
      const workload = key[0];
      if (workload === null || workload === undefined) continue;
      const rate = Number(exactOf(totals[0])) / (WINDOW_MS / 1_000);
      rates.set(workload, (rates.get(workload) ?? 0) + rate);
    }
  }
  return rates;
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
