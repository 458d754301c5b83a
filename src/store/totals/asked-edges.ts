import { forSumTiers, type SumTier } from '../file-names.ts';
import { tierMs } from '../sum-columns.ts';
import { firstBucketMs, spansOf, type TotalsWanted } from './wanted.ts';

/**
 * Times by what is in their minute, hour or longer unit. A row of sums counts at one time, so an edge of the
 * question within its unit would divide it. Some examples:
 *
 * - without an edge in their hour: sums by hour can tell them
 * - within an hour with an edge, and without one in their minute: sums by minute can
 * - within a minute with an edge: only records can
 */
export interface TimeKind {
  /** The units in which there is an edge; undefined for the longest ones that are read. */
  readonly within: SumTier | undefined;
  /** The units in which there is none; undefined where nothing divides those with one. */
  readonly without: SumTier | undefined;
}

/**
 * All kinds of times, for units of these tiers, the finest first. Those of one time begin with the longest
 * units, and end with the edges within the shortest ones that can be read.
 */
export const timeKinds = (tiers: readonly SumTier[]): TimeKind[] => [
  ...tiers.map((tier, i) => ({ within: tiers[i + 1], without: tier })).reverse(),
  ...tiers.map((tier) => ({ within: tier, without: undefined })),
];

/** The units of time within which a question has an edge: of its times, or between two buckets. */
export class AskedEdges {
  /** Numbers of units since 1970, in order. */
  readonly units: Readonly<Record<SumTier, readonly number[]>>;
  readonly #wanted: TotalsWanted;

  /** @param newestMs no record is later. So an edge after it, such as now, divides nothing. */
  constructor(wanted: TotalsWanted, newestMs = Number.POSITIVE_INFINITY) {
    this.#wanted = wanted;
    const edges = edgesOf(wanted).filter((edge) => edge <= newestMs);
    this.units = forSumTiers((tier) => unitsWithin(edges, tierMs[tier]));
  }

  /** Whether asked times of this kind may be among these, both included. */
  hasTimes({ within, without }: TimeKind, fromMs: number, toMs: number): boolean {
    return spansOf(this.#wanted).some((span) => {
      const [from, to] = [Math.max(fromMs, span.fromMs), Math.min(toMs, span.toMs - 0.001)];
      if (from > to) return false;
      if (within === undefined) return this.#hasUnitWithout(without!, from, to);
      const unitMs = tierMs[within];
      return unitsAmong(this.units[within], unitMs, from, to).some(
        (unit) =>
          without === undefined ||
          this.#hasUnitWithout(
            without,
            Math.max(from, unit * unitMs),
            Math.min(to, (unit + 1) * unitMs - 0.001),
          ),
      );
    });
  }

  #hasUnitWithout(tier: SumTier, fromMs: number, toMs: number): boolean {
    const unitMs = tierMs[tier];
    const all = 1 + Math.floor(toMs / unitMs) - Math.floor(fromMs / unitMs);
    return unitsAmong(this.units[tier], unitMs, fromMs, toMs).length < all;
  }
}

function edgesOf(wanted: TotalsWanted): number[] {
  const edges = spansOf(wanted).flatMap(({ fromMs, toMs }) => [fromMs, toMs]);
  const { fromMs, toMs, stepMs } = wanted;
  if (stepMs !== undefined)
    for (let edge = firstBucketMs(fromMs, stepMs) + stepMs; edge < toMs; edge += stepMs) edges.push(edge);
  return edges;
}

function unitsWithin(edges: readonly number[], unitMs: number): number[] {
  const units = edges.filter((edge) => edge % unitMs !== 0).map((edge) => Math.floor(edge / unitMs));
  return [...new Set(units)].sort((one, other) => one - other);
}

/** The units that have one of the times. */
function unitsAmong(units: readonly number[], unitMs: number, fromMs: number, toMs: number): number[] {
  const [first, last] = [Math.floor(fromMs / unitMs), Math.floor(toMs / unitMs)];
  return units.slice(countBelow(units, first), countBelow(units, last + 1));
}

/** How many of the numbers, which are in order, are below one. */
export function countBelow(numbers: readonly number[], bound: number): number {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle]! < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
