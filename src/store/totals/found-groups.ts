import type { DimensionKey } from '../../flow/index.ts';

/** A value for each dimension. */
export type GroupKey = readonly DimensionKey[];

/** What a group has of each measure, in the asked time and in the compared one, if there is one. */
export interface Candidate {
  readonly key: GroupKey;
  readonly now: bigint[];
  readonly before: bigint[];
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
function compareGroups(one: Candidate, other: Candidate): number {
  const [weight, otherWeight] = [weightOf(one), weightOf(other)];
  if (weight !== otherWeight) return weight > otherWeight ? -1 : 1;
  return textOfKey(one.key) < textOfKey(other.key) ? -1 : 1;
}

export function addCounts(to: bigint[], counts: readonly bigint[]): void {
  for (const [i, count] of counts.entries()) to[i]! += count;
}

/** Gathers groups out of the parts of a history. Beyond the bound it forgets the lightest ones. */
export class FoundGroups {
  /** Whether a group was forgotten: then the size is less than there are. */
  isCut = false;
  readonly #groups = new Map<string, Candidate>();

  get size(): number {
    return Math.min(this.#groups.size, GROUPS_IN_MEMORY);
  }

  /** The table keeps the arrays. */
  add(key: GroupKey, now: bigint[], before: bigint[]): void {
    const text = textOfKey(key);
    const known = this.#groups.get(text);
    if (known !== undefined) {
      addCounts(known.now, now);
      addCounts(known.before, before);
      return;
    }
    this.#groups.set(text, { key, now, before });
    if (this.#groups.size >= 2 * GROUPS_IN_MEMORY) this.#cut();
  }

  /** The heaviest group first. */
  inOrder(): Candidate[] {
    if (this.#groups.size > GROUPS_IN_MEMORY) this.#cut();
    return [...this.#groups.values()].sort(compareGroups);
  }

  #cut(): void {
    this.isCut = true;
    const kept = [...this.#groups.values()].sort(compareGroups).slice(0, GROUPS_IN_MEMORY);
    this.#groups.clear();
    for (const group of kept) this.#groups.set(textOfKey(group.key), group);
  }
}
