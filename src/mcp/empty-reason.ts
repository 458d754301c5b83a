import type { Gap, QueryAnswer } from '../query/contract/index.ts';
import { utcText } from './answer-parts.ts';
import type { ToolQuestion } from './tool.ts';

/**
 * Why an answer has no flows; undefined if it has some. A condition may be the reason, so the question is
 * asked again without it.
 */
export async function emptyReason(
  answer: QueryAnswer,
  where: string,
  { source, signal }: ToolQuestion<unknown>,
): Promise<string | undefined> {
  if (answer.groupCount > 0 && answer.by.length > 0) return undefined;
  if (answer.totals.some((count) => count !== 0)) return undefined;
  const span = { from: utcText(answer.fromMs), to: utcText(answer.toMs) };
  const all = await source.query({ ...span, by: [], measures: ['records'] }, signal);
  const records = all.totals[0]!;
  if (records !== 0)
    return where === ''
      ? `none of what is counted: the time has ${records} records, of which each counts 0`
      : `filtered out: the time has ${records} records, and none passes the condition. The tool "names" lists names that exist`;
  const why = wholeGap(all)?.why;
  if (why === 'before the history')
    return 'before the history: it has no records of this time. The tool "coverage" tells how far back it reaches';
  return why === undefined
    ? 'no data: there are no records of this time, or this reader may see none of them'
    : `unknown: all records of this time are missing (${why})`;
}

/** The gap that has all of the asked time. */
const wholeGap = ({ fromMs, toMs, coverage }: QueryAnswer): Gap | undefined =>
  coverage.gaps.find((gap) => gap.fromMs <= fromMs && gap.toMs >= toMs);
