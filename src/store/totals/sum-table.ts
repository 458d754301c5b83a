import { ExactSum, type SumOfRows } from '../../flow/index.ts';
import { bucketsOf, type TotalsWanted } from './wanted.ts';

/** To what the rows of a group are added, for each measure. */
export interface RowSums {
  readonly now: readonly SumOfRows[];
  /** Empty without a compared time. */
  readonly before: readonly SumOfRows[];
  /** By measure, then by bucket. */
  readonly series: readonly (readonly SumOfRows[])[];
}

/** The sums of one group. */
export class GroupSums implements RowSums {
  readonly now: readonly ExactSum[];
  readonly before: readonly ExactSum[];
  readonly series: readonly (readonly ExactSum[])[];

  constructor(wanted: TotalsWanted) {
    const measures = wanted.measures.length;
    this.now = newSums(measures);
    this.before = newSums(wanted.compareMs === undefined ? 0 : measures);
    this.series = Array.from({ length: measures }, () => newSums(bucketsOf(wanted)));
  }

  counts() {
    return { now: valuesOf(this.now), before: valuesOf(this.before), series: this.series.map(valuesOf) };
  }
}

const valuesOf = (sums: readonly ExactSum[]): bigint[] => sums.map(({ value }) => value);

const newSums = (count: number): ExactSum[] => Array.from({ length: count }, () => new ExactSum());

/** Sums by the number of a named group. Those of all other groups are one, made when there is something. */
export class SumTable {
  readonly named: readonly GroupSums[];
  rest: GroupSums | undefined;
  readonly #wanted: TotalsWanted;

  constructor(groups: number, wanted: TotalsWanted) {
    this.#wanted = wanted;
    this.named = Array.from({ length: groups }, () => new GroupSums(wanted));
  }

  /** @param group its number; undefined for the rest */
  of(group: number | undefined): GroupSums {
    if (group !== undefined) return this.named[group]!;
    this.rest ??= new GroupSums(this.#wanted);
    return this.rest;
  }
}
