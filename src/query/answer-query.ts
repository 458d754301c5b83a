import { type NamespaceReader, parseCondition } from '../flow/index.ts';
import { systemClock } from '../runtime/index.ts';
import { readTotals } from '../store/index.ts';
import type { Query, QueryAnswer } from './contract/index.ts';
import { answerOf } from './query-answer.ts';

/**
 * Answers a question from the history in a directory, in this thread.
 * @param reader whose flows count; default all flows
 * @throws {WeirError} WEIR_HISTORY_…
 */
export async function answerQuery(
  directory: string,
  query: Query,
  signal: AbortSignal,
  reader?: NamespaceReader,
): Promise<QueryAnswer> {
  const beganMs = performance.now();
  const wanted = { ...query, condition: parseCondition(query.where), reader };
  const totals = await readTotals(directory, wanted, signal);
  const times = { nowMs: systemClock.now(), durationMs: performance.now() - beganMs };
  return answerOf(query, totals, times, reader !== undefined);
}
