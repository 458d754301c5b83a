import { type MeasureName, measures } from '../flow/index.ts';
import type { AnswerCoverage, ExactCount, Group, QueryAnswer } from '../query/contract/index.ts';
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
export function coverageOf({ tiers, coveredFromMs, gaps, unreadableRecords, notices }: AnswerCoverage) {
  return {
    ...(coveredFromMs === undefined ? {} : { firstRecord: utcText(coveredFromMs) }),
    tiers,
    gaps: gaps
      .slice(0, MOST_LISTED)
      .map(({ fromMs, toMs, why }) => ({ from: utcText(fromMs), to: utcText(toMs), why })),
    ...(gaps.length > MOST_LISTED ? { gapCount: gaps.length } : {}),
    unreadableRecords,
    notices: notices.slice(0, MOST_LISTED),
  };
}

/** The command that prints the same numbers, from the same source. */
export const commandFor = ({ command }: QueryAnswer, { commandOptions }: AnswerSource): string =>
  [command, ...quotedWords(commandOptions), '-o', 'json'].join(' ');
