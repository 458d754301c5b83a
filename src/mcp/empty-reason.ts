import type { QueryAnswer } from '../query/contract/index.ts';
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
  return isBeforeHistory(all)
    ? 'before the history: it has no records of this time. The tool "coverage" tells how far back it reaches'
    : 'no data: there are no records of this time, or this reader may see none of them';
}

/** Whether nothing of the asked time is in the history. */
function isBeforeHistory({ fromMs, toMs, coverage }: QueryAnswer): boolean {
  return coverage.gaps.some(
    (gap) => gap.why === 'before the history' && gap.fromMs <= fromMs && gap.toMs >= toMs,
  );
}
