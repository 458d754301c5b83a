import { ExactSum } from '../../flow/index.ts';

/** The sums of one group: for each measure in the asked time, in each bucket of it, and in the compared time. */
export class GroupSums {
  readonly now: readonly ExactSum[];
  readonly before: readonly ExactSum[];
  /** By measure, then by bucket. */
  readonly series: readonly (readonly ExactSum[])[];

  constructor(measures: number, buckets: number) {
    const sums = (count: number) => Array.from({ length: count }, () => new ExactSum());
    this.now = sums(measures);
    this.before = sums(measures);
    this.series = Array.from({ length: measures }, () => sums(buckets));
  }
}

/** Sums by the number of a named group. Those of all other groups are one, made when there is something. */
export class SumTable {
  readonly named: readonly GroupSums[];
  rest: GroupSums | undefined;
  readonly #measures: number;
  readonly #buckets: number;

  constructor(groups: number, measures: number, buckets: number) {
    this.#measures = measures;
    this.#buckets = buckets;
    this.named = Array.from({ length: groups }, () => new GroupSums(measures, buckets));
  }

  /** @param group its number; undefined for the rest */
  of(group: number | undefined): GroupSums {
    if (group !== undefined) return this.named[group]!;
    this.rest ??= new GroupSums(this.#measures, this.#buckets);
    return this.rest;
  }
}
