import { useMemo } from 'preact/hooks';
import type { QueryAnswer, QueryText } from '../../../query/contract/index.ts';
import { askQuery, useAnswer } from '../answer/index.ts';
import { exactOf } from '../counts/index.ts';
import { isPreviousUnknown } from '../groups/index.ts';
import { type EarlierCounts, movedBuckets, timeBuckets } from '../pictures/index.ts';
import { spanOf } from '../time/index.ts';
import type { ExploreView } from './explore-view.ts';

/** All flows of the compared time. An answer has only totals of it, so this is a question of its own. */
export function useCompared(
  view: ExploreView,
  answer: QueryAnswer,
  where: string,
): EarlierCounts | undefined {
  const query = useMemo(() => comparedQuery(view, answer, where), [view, answer, where]);
  const question = query && JSON.stringify(query);
  const feed = useAnswer(question, async (signal) => ({ question, answer: await askQuery(query!, signal) }));
  return useMemo(() => {
    if (question === undefined || feed.answer?.question !== question) return undefined;
    return earlierCounts(feed.answer.answer, earlierMs(view, answer));
  }, [feed.answer, question]);
}

function comparedQuery(view: ExploreView, answer: QueryAnswer, where: string): QueryText | undefined {
  const { fromMs, toMs, stepMs } = answer;
  if (view.compare === undefined || stepMs === undefined || isPreviousUnknown(answer)) return undefined;
  const ms = earlierMs(view, answer);
  return {
    from: new Date(fromMs - ms).toISOString(),
    to: new Date(toMs - ms).toISOString(),
    ...(where === '' ? {} : { where }),
    by: [],
    measures: [view.measure],
    top: 1,
    step: `${stepMs}ms`,
  };
}

/** How much earlier the compared time is. */
function earlierMs({ compare = 'previous' }: ExploreView, { fromMs, toMs }: QueryAnswer): number {
  return compare === 'previous' ? toMs - fromMs : (spanOf(compare) ?? 0);
}

function earlierCounts(answer: QueryAnswer, ms: number): EarlierCounts | undefined {
  const buckets = timeBuckets(answer, Date.now());
  if (buckets === undefined) return undefined;
  const counts = answer.groups[0]?.series?.[0]?.map(exactOf) ?? [];
  return { buckets: movedBuckets(buckets, ms), counts };
}
