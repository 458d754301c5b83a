import type { MeasureName } from '../../../flow/index.ts';
import type { QueryText } from '../../../query/contract/index.ts';
import type { PairDimensions } from '../groups/index.ts';
import { spanOf } from '../time/index.ts';

/** Lengths of the minutes that the page shows. */
export const nowSpans = ['5m', '15m', '1h'] as const;
export type NowSpan = (typeof nowSpans)[number];
export const DEFAULT_SPAN: NowSpan = '15m';

/** What the first tile counts. */
export const totalMeasures = [
  'octets',
  'packets',
  'flows',
  'deniedFlows',
  'unansweredFlows',
  'resetFlows',
] as const satisfies readonly MeasureName[];

/** An answer names no more groups. */
export const MOST_NAMED = 1_000;

export const DENIED = 'verdict=Drop,Reject';

const withWhere = (where: string) => (where === '' ? {} : { where });
const bothOf = (where: string, other: string): string => (where === '' ? other : `(${where}) and ${other}`);

export const totalsQuery = (span: NowSpan, where: string): QueryText => ({
  from: span,
  ...withWhere(where),
  by: [],
  measures: totalMeasures,
  compare: 'previous',
});

export const pairsQuery = (span: NowSpan, where: string, by: PairDimensions): QueryText => ({
  from: span,
  ...withWhere(where),
  by,
  measures: ['octets', 'records'],
  top: MOST_NAMED,
  compare: 'previous',
});

export const deniedQuery = (span: NowSpan, where: string, by: PairDimensions): QueryText => ({
  from: span,
  where: bothOf(where, DENIED),
  by: [...by, 'ingressPolicy', 'egressPolicy'],
  measures: ['deniedFlows', 'records'],
  top: 100,
});

/** The minutes before, to know whether they are stored: without them every pair would be new. */
export function beforeQuery(span: NowSpan, nowMs: number): QueryText {
  const spanMs = spanOf(span)!;
  return {
    from: new Date(nowMs - 2 * spanMs).toISOString(),
    to: new Date(nowMs - spanMs).toISOString(),
    by: [],
    measures: ['records'],
  };
}

/** Parameters of a link to Explore with a tile's question. */
export function exploreLinkOf(
  { from, where, by = [], measures, compare }: QueryText,
  picture: string,
): Record<string, string | undefined> {
  return {
    page: 'explore',
    from,
    to: undefined,
    where,
    by: by.length === 0 ? 'nothing' : by.join(','),
    measure: measures?.[0] ?? 'octets',
    picture,
    compare,
    last: undefined,
  };
}
