import type { DimensionKey } from '../../flow/index.ts';
import { GroupSums } from './sum-table.ts';
import type { TotalsWanted } from './wanted.ts';

/** A value for each dimension. */
export type GroupKey = readonly DimensionKey[];

/** What a group has of each measure, in the asked time and in the compared one, if there is one. */
export interface Candidate {
  readonly key: GroupKey;
  readonly now: readonly bigint[];
  readonly before: readonly bigint[];
}

/** Groups that are in memory at once. */
export const GROUPS_IN_MEMORY = 50_000;

/** Equal for equal keys only. */
export const textOfKey = (key: GroupKey): string => JSON.stringify(key);

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
  readonly #wanted: TotalsWanted;
  #groups = new Map<string, { readonly key: GroupKey; readonly sums: GroupSums }>();

  constructor(wanted: TotalsWanted) {
    this.#wanted = wanted;
  }

  /** Those of a group, which is there from now on. */
  of(key: GroupKey): GroupSums {
    const text = textOfKey(key);
    const known = this.#groups.get(text);
    if (known !== undefined) return known.sums;
    if (this.#groups.size >= 1.5 * GROUPS_IN_MEMORY) this.#cut();
    const sums = new GroupSums(this.#wanted);
    this.#groups.set(text, { key, sums });
    return sums;
  }

  /** In any order. */
  *all(): Generator<Candidate> {
    if (this.#groups.size > GROUPS_IN_MEMORY) this.#cut();
    for (const { key, sums } of this.#groups.values()) yield { key, ...sums.counts() };
  }

  #cut(): void {
    this.isCut = true;
    const weighed = [...this.#groups.values()].map(({ key, sums: { now, before } }) => ({
      key,
      now: [now[0]!.value],
      before: before.slice(0, 1).map(({ value }) => value),
    }));
    const kept = weighed.sort(compareGroups).slice(0, GROUPS_IN_MEMORY);
    const texts = kept.map(({ key }) => textOfKey(key));
    this.#groups = new Map(texts.map((text) => [text, this.#groups.get(text)!]));
  }
}
