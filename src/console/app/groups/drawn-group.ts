import type { DimensionName, MeasureName } from '../../../flow/index.ts';
import type { Group, QueryAnswer } from '../../../query/contract/index.ts';
import { exactOf } from '../counts/index.ts';

/** Whether a policy denied none, some or all flows of something that is drawn. */
export type Denial = 'none' | 'some' | 'all';

/** A group of an answer as pictures and tables need it. Its place in the list is its number everywhere. */
export interface DrawnGroup {
  readonly key: readonly (string | null)[];
  readonly isRest: boolean;
  readonly count: bigint;
  /** Undefined if no time is compared. */
  readonly previous: bigint | undefined;
  readonly flows: bigint;
  readonly deniedFlows: bigint;
  readonly denial: Denial;
  /** A count for each bucket; empty without buckets. */
  readonly series: readonly bigint[];
}

/** What pictures ask beside their own measure: the table shows it, and denied flows are hatched. */
export const askedMeasures = (measure: MeasureName): MeasureName[] => [
  ...new Set<MeasureName>([measure, 'flows', 'deniedFlows']),
];

const verdictDimensions: readonly DimensionName[] = ['verdict', 'ingressAction', 'egressAction'];

const isDenial = (value: string | null | undefined): boolean => value === 'Drop' || value === 'Reject';

/** Whether nothing of the compared time is covered. What was then is unknown, not nothing. */
export const isPreviousUnknown = ({ coverage }: QueryAnswer): boolean =>
  coverage.previous?.coveredFromMs === undefined;

export function drawnGroups(answer: QueryAnswer): DrawnGroup[] {
  const { by, measures, groups } = answer;
  const verdictPlaces = by.flatMap((name, place) => (verdictDimensions.includes(name) ? [place] : []));
  const countOf = (group: Group, measure: MeasureName): bigint =>
    exactOf(group.totals[measures.indexOf(measure)]);
  return groups.map((group) => {
    const [flows, deniedFlows] = [countOf(group, 'flows'), countOf(group, 'deniedFlows')];
    const isDenied = verdictPlaces.some((place) => isDenial(group.key[place]));
    return {
      key: group.key,
      isRest: group.isRest,
      count: exactOf(group.totals[0]),
      previous:
        group.previous === undefined || isPreviousUnknown(answer) ? undefined : exactOf(group.previous[0]),
      flows,
      deniedFlows,
      denial:
        isDenied || (deniedFlows > 0n && deniedFlows >= flows) ? 'all' : deniedFlows > 0n ? 'some' : 'none',
      series: group.series?.[0]?.map(exactOf) ?? [],
    };
  });
}

export function jointDenial(groups: readonly DrawnGroup[]): Denial {
  if (groups.every(({ denial }) => denial === 'none')) return 'none';
  return groups.every(({ denial }) => denial === 'all') ? 'all' : 'some';
}
