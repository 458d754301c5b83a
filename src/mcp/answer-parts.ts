import { type MeasureName, measures } from '../flow/index.ts';
import type {
  AnswerCoverage,
  ExactCount,
  Group,
  QueryAnswer,
  TimeCoverage,
} from '../query/contract/index.ts';
import type { AnswerSource } from './answer-source.ts';
import { quotedWords } from './quoted-words.ts';

/** Gaps and notices that an answer lists; of more it says how many. */
const MOST_LISTED = 10;

/** A time with its zone. */
export const utcText = (timeMs: number): string => new Date(timeMs).toISOString();

/** The times and units that hold for all rows. */
export function headOf({ fromMs, toMs, measures: names, totals, previousTotals }: QueryAnswer) {
  return {
    from: utcText(fromMs),
    to: utcText(toMs),
    units: Object.fromEntries(names.map((name) => [name, measures[name].unit])),
    totals: countsOf(names, totals),
    ...(previousTotals === undefined ? {} : { previousTotals: countsOf(names, previousTotals) }),
  };
}

export const countsOf = (names: readonly MeasureName[], counts: readonly ExactCount[]) =>
  Object.fromEntries(names.map((name, i) => [name, counts[i]!]));

/** A group by the names of its dimensions and measures. */
export function rowOf({ by, measures: names }: QueryAnswer, { key, isRest, totals, previous }: Group) {
  return {
    ...(isRest ? {} : Object.fromEntries(by.map((name, i) => [name, key[i]!]))),
    ...countsOf(names, totals),
    ...(previous === undefined ? {} : { previous: countsOf(names, previous) }),
  };
}

export const namedGroups = ({ groups }: QueryAnswer): readonly Group[] =>
  groups.filter(({ isRest }) => !isRest);

export const restOf = ({ groups }: QueryAnswer): Group | undefined => groups.find(({ isRest }) => isRest);

/** How much of the asked time the answer covers. */
export function coverageOf(coverage: AnswerCoverage) {
  const { tiers, previous, unreadableRecords, notices } = coverage;
  return {
    ...coveredTime(coverage),
    ...(previous === undefined ? {} : { earlierTime: coveredTime(previous) }),
    tiers,
    unreadableRecords: unreadableRecords ?? 'some',
    notices: notices.slice(0, MOST_LISTED),
  };
}

/** From when to when a time is covered, and the gaps in it. */
export const coveredTime = ({ coveredFromMs, coveredToMs, gaps }: TimeCoverage) => ({
  ...(coveredFromMs === undefined ? {} : { coveredFrom: utcText(coveredFromMs) }),
  ...(coveredToMs === undefined ? {} : { coveredTo: utcText(coveredToMs) }),
  gaps: gaps
    .slice(-MOST_LISTED)
    .map(({ fromMs, toMs, why }) => ({ from: utcText(fromMs), to: utcText(toMs), why })),
  ...(gaps.length > MOST_LISTED ? { gapCount: gaps.length } : {}),
});

/** The command that prints the same numbers, from the same source. */
export const commandFor = ({ command }: QueryAnswer, { commandOptions }: AnswerSource): string =>
  [command, ...quotedWords(commandOptions), '-o', 'json'].join(' ');
