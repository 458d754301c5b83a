import { tierMs } from '../sum-columns.ts';
import { firstBucketMs, spansOf, type TotalsWanted } from './wanted.ts';

/**
 * Times by what is in their hour or minute. A row of sums counts at one time, so an edge of the question
 * within its minute or hour would divide it.
 *
 * - whole hours: hours without an edge
 * - whole minutes: minutes without an edge, in hours with one
 * - edge minutes: minutes with an edge
 * - edge hours: hours with an edge, that is the two before
 */
export const timeKinds = ['whole hours', 'whole minutes', 'edge minutes', 'edge hours'] as const;
export type TimeKind = (typeof timeKinds)[number];

/** The minutes and hours within which a question has an edge: of its times, or between two buckets. */
export class AskedEdges {
  /** Numbers of minutes and hours since 1970, in order. */
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly #wanted: TotalsWanted;

  constructor(wanted: TotalsWanted) {
    this.#wanted = wanted;
    const edges = edgesOf(wanted);
    this.minutes = unitsWithin(edges, tierMs.minutes);
    this.hours = unitsWithin(edges, tierMs.hours);
  }

  /** Whether asked times of this kind may be among these, both included. */
  hasTimes(kind: TimeKind, fromMs: number, toMs: number): boolean {
    return spansOf(this.#wanted).some((span) => {
      const [from, to] = [Math.max(fromMs, span.fromMs), Math.min(toMs, span.toMs - 0.001)];
      if (from > to) return false;
      if (kind === 'edge minutes') return countWithin(this.minutes, tierMs.minutes, from, to) > 0;
      const edgeHours = countWithin(this.hours, tierMs.hours, from, to);
      const hours = 1 + Math.floor(to / tierMs.hours) - Math.floor(from / tierMs.hours);
      return kind === 'whole hours' ? edgeHours < hours : edgeHours > 0;
    });
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

/** How many of the units have one of the times. */
function countWithin(units: readonly number[], unitMs: number, fromMs: number, toMs: number): number {
  return countBelow(units, Math.floor(toMs / unitMs) + 1) - countBelow(units, Math.floor(fromMs / unitMs));
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
