import type { DimensionKey, SumOfRows } from '../../flow/index.ts';
import { type GroupKey, KeyNumbers } from './key-numbers.ts';
import type { RowSums } from './sum-table.ts';
import type { TotalsWanted } from './wanted.ts';

/** What a group has of each measure, in the asked time and in the compared one, if there is one. */
export interface Candidate {
  readonly key: GroupKey;
  readonly now: readonly bigint[];
  readonly before: readonly bigint[];
}

/** Groups that are in memory at once. */
export const GROUPS_IN_MEMORY = 50_000;

/** Equal for equal keys only. */
const textOfKey = (key: GroupKey): string => JSON.stringify(key);

/** The weight by which groups are ranked. One that exists only in the compared time counts as well. */
function weightOf({ now: [now = 0n], before: [before = 0n] }: Candidate): bigint {
  return now > before ? now : before;
}

/** The heavier one first; of equal ones that with the lower key, so that each answer has the same order. */
export function compareGroups(one: Candidate, other: Candidate): number {
  const [weight, otherWeight] = [weightOf(one), weightOf(other)];
  if (weight !== otherWeight) return weight > otherWeight ? -1 : 1;
  return textOfKey(one.key) < textOfKey(other.key) ? -1 : 1;
}

/** The sums of the groups of the log. Beyond the bound it forgets the lightest ones. */
export class LogGroups {
  /** Whether a group was forgotten. */
  isCut = false;
  readonly #dimensions: number;
  #numbers: KeyNumbers;
  /** The values of the first group, then those of the second one … */
  #keys: DimensionKey[] = [];
  readonly #sums: { readonly now: readonly SumsOfGroups[]; readonly before: readonly SumsOfGroups[] };
  readonly #rowSums: RowSums;

  /** @param wanted without buckets */
  constructor({ by, measures, compareMs }: TotalsWanted) {
    this.#dimensions = by.length;
    this.#numbers = new KeyNumbers(by.length);
    const [now, before] = [measures, compareMs === undefined ? [] : measures].map((counted) =>
      counted.map(() => new SumsOfGroups()),
    );
    this.#sums = { now: now!, before: before! };
    this.#rowSums = { ...this.#sums, series: [] };
  }

  /**
   * Those of a group, which is there from now on. They are valid until the next call. The caller may change
   * the key then.
   */
  of(key: GroupKey): RowSums {
    let group = this.#numbers.find(key);
    if (group === undefined) {
      if (this.#numbers.size >= 1.5 * GROUPS_IN_MEMORY) this.#cut();
      group = this.#numbers.of(key);
      this.#keys.push(...key);
    }
    for (const sums of this.#sums.now) sums.group = group;
    for (const sums of this.#sums.before) sums.group = group;
    return this.#rowSums;
  }

  /** In any order. */
  *all(): Generator<Candidate> {
    if (this.#numbers.size > GROUPS_IN_MEMORY) this.#cut();
    for (let group = 0; group < this.#numbers.size; group++) yield this.#candidate(group);
  }

  #candidate(group: number): Candidate {
    const countsOf = (sums: readonly SumsOfGroups[]) => sums.map((each) => each.valueOf(group));
    return {
      key: this.#keys.slice(group * this.#dimensions, (group + 1) * this.#dimensions),
      now: countsOf(this.#sums.now),
      before: countsOf(this.#sums.before),
    };
  }

  /** Keeps the heaviest ones of those that have sums. */
  #cut(): void {
    this.isCut = true;
    const kept = Array.from({ length: this.#numbers.size }, (_, group) => this.#candidate(group))
      .sort(compareGroups)
      .slice(0, GROUPS_IN_MEMORY);
    this.#numbers = new KeyNumbers(this.#dimensions);
    this.#keys = [];
    for (const sums of [...this.#sums.now, ...this.#sums.before]) sums.clear();
    for (const { key, now, before } of kept) {
      this.of(key);
      for (const [i, count] of now.entries()) this.#sums.now[i]!.addLarge(count);
      for (const [i, count] of before.entries()) this.#sums.before[i]!.addLarge(count);
    }
  }
}

/** The exact sums of one measure, of many groups. An object for each keeps the garbage collector busy. */
class SumsOfGroups implements SumOfRows {
  /** The number of the group to which counts are added. */
  group = 0;
  /** Always below 2^53. */
  #small = new Float64Array(256);
  #large = new Map<number, bigint>();

  add(count: number): void {
    if (this.group >= this.#small.length) this.#grow();
    const sum = this.#small[this.group]! + count;
    if (sum <= Number.MAX_SAFE_INTEGER) this.#small[this.group] = sum;
    else this.addLarge(BigInt(count));
  }

  addLarge(count: bigint): void {
    this.#large.set(this.group, (this.#large.get(this.group) ?? 0n) + count);
  }

  valueOf(group: number): bigint {
    return (this.#large.get(group) ?? 0n) + BigInt(this.#small[group] ?? 0);
  }

  clear(): void {
    this.#small.fill(0);
    this.#large.clear();
  }

  #grow(): void {
    const grown = new Float64Array(Math.max(this.#small.length * 2, this.group + 1));
    grown.set(this.#small);
    this.#small = grown;
  }
}
