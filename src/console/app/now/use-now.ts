import type { QueryAnswer } from '../../../query/contract/index.ts';
import { askQuery, type Feed, useAnswer } from '../answer/index.ts';
import { endPair, hasWorkloads, type PairDimensions, workloadPair } from '../groups/index.ts';
import { askStart, type Polled, usePolled } from '../process/index.ts';
import { beforeQuery, deniedQuery, type NowSpan, pairsQuery, totalsQuery } from './now-questions.ts';
import {
  type QuietFinding,
  type QuietWindow,
  quietDays,
  quietQueries,
  quietStart,
  quietWorkloads,
} from './quiet-workloads.ts';

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

export function useQuiet(where: string, isReady: boolean): Polled<QuietFinding> {
  return usePolled((signal) => askQuiet(where, signal), QUIET_EVERY_MS, isReady);
}

/** Asks one day after the other, so that the server can answer others, and no day that cannot matter. */
async function askQuiet(where: string, signal: AbortSignal): Promise<QuietFinding> {
  const nowMs = Date.now();
  const startMs = await askStart(signal);
  const windows: QuietWindow[] = [];
  for (const day of quietDays) {
    if (startMs !== undefined && startMs > quietStart(nowMs)) break;
    const [bySource, byDestination] = quietQueries(day, nowMs, where);
    const window = {
      bySource: await askQuery(bySource, signal),
      byDestination: await askQuery(byDestination, signal),
    };
    windows.push(window);
    if (window.bySource.coverage.coveredFromMs === undefined) break; // earlier days have no records, either
  }
  return quietWorkloads(windows, startMs);
}
