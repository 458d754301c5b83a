import { parseCondition } from '../flow/index.ts';
import { systemClock } from '../runtime/index.ts';
import { readTotals } from '../store/index.ts';
import type { Query, QueryAnswer } from './contract/index.ts';
import { answerOf } from './query-answer.ts';

/**
 * Answers a question from the history in a directory, in this thread.
 * @throws {WeirError} WEIR_HISTORY_…
 */
export async function answerQuery(
  directory: string,
  query: Query,
  signal: AbortSignal,
): Promise<QueryAnswer> {
  const beganMs = performance.now();
  const totals = await readTotals(directory, { ...query, condition: parseCondition(query.where) }, signal);
  return answerOf(query, totals, { nowMs: systemClock.now(), durationMs: performance.now() - beganMs });
}
