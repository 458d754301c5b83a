import type { QueryAnswer } from '../../../query/contract/index.ts';
import { askQuery, type Feed, useAnswer } from '../answer/index.ts';
import { askStart, type Polled, usePolled } from '../process/index.ts';
import {
  beforeQuery,
  deniedQuery,
  endPair,
  type NowSpan,
  type PairDimensions,
  pairsQuery,
  totalsQuery,
  workloadPair,
} from './now-questions.ts';
import { hasWorkloads } from './pair-changes.ts';
import { type QuietFinding, quietDays, quietQueries, quietWorkloads } from './quiet-workloads.ts';

/** The answers of one moment. */
export interface NowAnswers {
  readonly span: NowSpan;
  readonly where: string;
  readonly by: PairDimensions;
  readonly totals: QueryAnswer;
  readonly pairs: QueryAnswer;
  readonly denied: QueryAnswer;
  /** The minutes before. */
  readonly before: QueryAnswer;
  /** When the process started; undefined if it does not say. */
  readonly startMs: number | undefined;
}

export function useNow(span: NowSpan, where: string): Feed<NowAnswers> {
  return useAnswer(JSON.stringify([span, where]), async (signal) => {
    const [startMs, totals, before, byWorkload] = await Promise.all([
      askStart(signal),
      askQuery(totalsQuery(span, where), signal),
      askQuery(beforeQuery(span, Date.now()), signal),
      askQuery(pairsQuery(span, where, workloadPair), signal),
    ]);
    const by = hasWorkloads(byWorkload) ? workloadPair : endPair;
    const [pairs, denied] = await Promise.all([
      by === workloadPair ? byWorkload : askQuery(pairsQuery(span, where, by), signal),
      askQuery(deniedQuery(span, where, by), signal),
    ]);
    return { span, where, by, totals, pairs, denied, before, startMs };
  });
}

/** Former days change little: they are asked seldom. */
const QUIET_EVERY_MS = 10 * 60_000;

export function useQuiet(where: string): Polled<QuietFinding> {
  return usePolled(async (signal) => {
    const nowMs = Date.now();
    const startMs = await askStart(signal);
    const windows = [];
    // One day after the other: this must not keep the server from answering the rest of the page.
    for (const day of quietDays) {
      const [bySource, byDestination] = quietQueries(day, nowMs, where);
      windows.push({
        bySource: await askQuery(bySource, signal),
        byDestination: await askQuery(byDestination, signal),
      });
    }
    return quietWorkloads(windows, startMs);
  }, QUIET_EVERY_MS);
}
