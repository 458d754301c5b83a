import { RuleAction } from '../../flow/enumerations.ts';
import { type PrefixPattern, verdictOfPrefix } from './prefix-pattern.ts';
import type { Verdict } from './verdict.ts';

/** An NFLOG group and the patterns for its prefixes. */
export interface DeniedGroup {
  readonly group: number;
  /** Tried in order; the first that matches decides. */
  readonly patterns: readonly PrefixPattern[];
  /** A `RuleAction` for prefixes that no pattern matches, and for matches without an action. */
  readonly defaultAction: number;
}

/** Maximum remembered prefixes: many times as many as a firewall has, since each log rule has one. */
const DEFAULT_CAPACITY = 4096;

/** Finds the verdict for a group and prefix, and remembers it. Equal verdicts are one object. */
export class PrefixMatcher {
  readonly #groups: ReadonlyMap<number, DeniedGroup>;
  readonly #capacity: number;
  readonly #verdicts = new Map<string, Verdict>();
  readonly #distinct = new Map<string, Verdict>();

  constructor(groups: readonly DeniedGroup[], capacity: number = DEFAULT_CAPACITY) {
    this.#groups = new Map(groups.map((group) => [group.group, group]));
    this.#capacity = capacity;
  }

  /** Number of remembered prefixes. */
  get size(): number {
    return this.#verdicts.size;
  }

  verdict(group: number, prefix: string): Verdict {
    const key = `${group} ${prefix}`;
    let verdict = this.#verdicts.get(key);
    if (verdict === undefined) {
      // Forgetting loses no packet: flows with a forgotten verdict become idle and end, and new ones begin.
      if (this.#verdicts.size === this.#capacity) this.#forget();
      verdict = this.#distinctOf(this.#match(group, prefix));
      this.#verdicts.set(key, verdict);
    }
    return verdict;
  }

  #match(group: number, prefix: string): Verdict {
    const { patterns = [], defaultAction = RuleAction.drop } = this.#groups.get(group) ?? {};
    const otherwise: Verdict = {
      action: defaultAction,
      namespace: '',
      policy: '',
      rule: '',
      policyType: 0,
      direction: undefined,
    };
    for (const pattern of patterns) {
      const verdict = verdictOfPrefix(pattern, prefix, otherwise);
      if (verdict !== undefined) return verdict;
    }
    return otherwise;
  }

  #distinctOf(verdict: Verdict): Verdict {
    const content = JSON.stringify(verdict);
    const known = this.#distinct.get(content);
    if (known === undefined) this.#distinct.set(content, verdict);
    return known ?? verdict;
  }

  #forget(): void {
    this.#verdicts.clear();
    this.#distinct.clear();
  }
}
