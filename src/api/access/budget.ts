import type { Clock } from '../../runtime/index.ts';

export interface BudgetOptions {
  /** So many at once, and then one more each time `refillMs` pass. */
  readonly most: number;
  readonly refillMs: number;
  /** Maximum keys that are known. The one that spent longest ago is forgotten. */
  readonly maxKeys: number;
}

interface Spent {
  /** What counts still, at `atMs`. */
  readonly count: number;
  /** In monotonic time. */
  readonly atMs: number;
}

/** How often each of many may do something. */
export class Budget {
  readonly #clock: Clock;
  readonly #options: BudgetOptions;
  readonly #spent = new Map<string, Spent>();

  constructor(clock: Clock, options: BudgetOptions) {
    this.#clock = clock;
    this.#options = options;
  }

  /** Whether one is left. */
  has(key: string): boolean {
    return this.#countOf(key) <= this.#options.most - 1;
  }

  spend(key: string): void {
    const count = this.#countOf(key) + 1;
    this.#spent.delete(key);
    if (this.#spent.size >= this.#options.maxKeys) this.#spent.delete(this.#spent.keys().next().value!);
    this.#spent.set(key, { count, atMs: this.#clock.monotonic() });
  }

  #countOf(key: string): number {
    const spent = this.#spent.get(key);
    if (spent === undefined) return 0;
    return Math.max(0, spent.count - (this.#clock.monotonic() - spent.atMs) / this.#options.refillMs);
  }
}
