import type { Group, QueryAnswer } from '../../../query/contract/index.ts';
import { exactOf } from '../counts/index.ts';

/** A pair and its octets in these minutes and before. */
export interface PairCount {
  readonly key: readonly (string | null)[];
  readonly octets: bigint;
  readonly before: bigint;
}

/** Pairs by what has become of them. */
export interface PairChanges {
  readonly busiest: readonly PairCount[];
  /** With records only in these minutes, or only before. */
  readonly fresh: readonly PairCount[];
  readonly ended: readonly PairCount[];
  /** Whether pairs are missing, which the answer sums up only. */
  readonly isCut: boolean;
}

export function pairChanges({ groups, measures }: QueryAnswer): PairChanges {
  const [octets, records] = [measures.indexOf('octets'), measures.indexOf('records')];
  const countOf = (counts: Group['previous'], place: number): bigint => exactOf(counts?.[place]);
  const pairs = groups
    .filter(({ isRest }) => !isRest)
    .map(({ key, totals, previous }) => ({
      key,
      octets: countOf(totals, octets),
      before: countOf(previous, octets),
      isNow: countOf(totals, records) > 0n,
      wasBefore: countOf(previous, records) > 0n,
    }));
  return {
    busiest: pairs.filter(({ isNow }) => isNow).sort((a, b) => largerFirst(a.octets, b.octets)),
    fresh: pairs
      .filter(({ isNow, wasBefore }) => isNow && !wasBefore)
      .sort((a, b) => largerFirst(a.octets, b.octets)),
    ended: pairs
      .filter(({ isNow, wasBefore }) => !isNow && wasBefore)
      .sort((a, b) => largerFirst(a.before, b.before)),
    isCut: groups.some(({ isRest }) => isRest),
  };
}

const largerFirst = (a: bigint, b: bigint): number => (a === b ? 0 : a > b ? -1 : 1);

/** Who was denied what, and by which policies. */
export interface DeniedPair {
  readonly key: readonly (string | null)[];
  readonly policies: readonly string[];
  readonly flows: bigint;
}

export function denialsOf({ groups }: QueryAnswer): readonly DeniedPair[] {
  return groups
    .filter(({ isRest, totals }) => !isRest && totals.some((count) => exactOf(count) > 0n))
    .map(({ key, totals }) => ({
      key: key.slice(0, 2),
      policies: key.slice(2).filter((policy) => policy !== null),
      flows: exactOf(totals[0]),
    }));
}
