import type { MeasureName } from '../../../flow/index.ts';
import type { QueryAnswer, QueryText } from '../../../query/contract/index.ts';
import { exactOf } from '../counts/index.ts';

/** What is counted of an edge. The first determines which edges an answer names. */
export const edgeMeasures = [
  'octets',
  'flows',
  'deniedFlows',
  'unansweredFlows',
] as const satisfies readonly MeasureName[];
type EdgeMeasure = (typeof edgeMeasures)[number];

/** An answer names no more. */
const MOST_NAMED = 1_000;

/**
 * Three questions with the same groups: the busiest edges, the denied ones, and those with unanswered flows.
 * A denied edge has few octets, so the first alone would leave it out.
 */
export function edgeQueries(query: Omit<QueryText, 'measures' | 'top'>): readonly QueryText[] {
  const rankedBy = (first: EdgeMeasure): readonly MeasureName[] => [
    first,
    ...edgeMeasures.filter((measure) => measure !== first),
  ];
  return (['octets', 'deniedFlows', 'unansweredFlows'] as const).map((first) => ({
    ...query,
    measures: rankedBy(first),
    top: MOST_NAMED,
  }));
}

/** An edge by the values of its dimensions. */
export interface EdgeRow {
  readonly key: readonly (string | null)[];
  readonly octets: bigint;
  readonly flows: bigint;
  readonly deniedFlows: bigint;
  readonly unansweredFlows: bigint;
}

/** The named groups of all answers, each once. */
export function edgeRows(answers: readonly QueryAnswer[]): readonly EdgeRow[] {
  const rows = new Map<string, EdgeRow>();
  for (const { groups, measures } of answers) {
    for (const { key, isRest, totals } of groups) {
      if (isRest) continue;
      const countOf = (measure: EdgeMeasure) => exactOf(totals[measures.indexOf(measure)]);
      rows.set(JSON.stringify(key), {
        key,
        octets: countOf('octets'),
        flows: countOf('flows'),
        deniedFlows: countOf('deniedFlows'),
        unansweredFlows: countOf('unansweredFlows'),
      });
    }
  }
  return [...rows.values()];
}
