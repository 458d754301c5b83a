import { useMemo } from 'preact/hooks';
import type { QueryAnswer, QueryText } from '../../../query/contract/index.ts';
import { askQuery, useAnswer } from '../answer/index.ts';
import { exactOf } from '../counts/index.ts';
import { isBeforeHistory } from '../groups/index.ts';
import { spanOf } from '../time/index.ts';
import type { ExploreView } from './explore-view.ts';

/**
 * All flows in the buckets of the compared time. An answer has only totals of that time, so this is a
 * question of its own. Both ends are moved by the same length, so there are as many buckets.
 */
export function useCompared(
  view: ExploreView,
  answer: QueryAnswer,
  where: string,
): readonly bigint[] | undefined {
  const query = useMemo(() => comparedQuery(view, answer, where), [view, answer, where]);
  const question = query && JSON.stringify(query);
  const feed = useAnswer(question, async (signal) => ({ question, answer: await askQuery(query!, signal) }));
  return useMemo(() => {
    if (question === undefined || feed.answer?.question !== question) return undefined;
    const group = feed.answer.answer.groups[0];
    return group?.series?.[0]?.map(exactOf) ?? [];
  }, [feed.answer, question]);
}

function comparedQuery(view: ExploreView, answer: QueryAnswer, where: string): QueryText | undefined {
  const { fromMs, toMs, stepMs } = answer;
  if (view.compare === undefined || stepMs === undefined || isBeforeHistory(answer)) return undefined;
  const earlierMs = view.compare === 'previous' ? toMs - fromMs : (spanOf(view.compare) ?? 0);
  return {
    from: new Date(fromMs - earlierMs).toISOString(),
    to: new Date(toMs - earlierMs).toISOString(),
    ...(where === '' ? {} : { where }),
    by: [],
    measures: [view.measure],
    top: 1,
    step: `${stepMs}ms`,
  };
}
