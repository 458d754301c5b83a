import type { Clock } from '../../runtime/index.ts';

export interface ReviewCacheOptions<V> {
  /** Maximum answers of each of the two kinds. */
  readonly limit: number;
  /** Whether an answer grants something. Both kinds have room of their own: strangers displace nobody. */
  readonly isGrant: (value: V) => boolean;
  /** How long an answer counts, in milliseconds; 0: not at all. */
  readonly lifetimeMs: (value: V) => number;
}

interface Kept<V> {
  readonly value: V;
  /** In monotonic time. */
  readonly endMs: number;
}

/**
 * Answers of the API server, for a while. Those who ask the same at the same time share one question. An
 * error is no answer: it is never kept.
 */
export class ReviewCache<V> {
  readonly #clock: Clock;
  readonly #options: ReviewCacheOptions<V>;
  readonly #grants = new Map<string, Kept<V>>();
  readonly #denials = new Map<string, Kept<V>>();
  readonly #asking = new Map<string, Promise<V>>();

  constructor(clock: Clock, options: ReviewCacheOptions<V>) {
    this.#clock = clock;
    this.#options = options;
  }

  /** Answers kept. */
  get size(): number {
    return this.#grants.size + this.#denials.size;
  }

  /** @param key must not contain a secret in plain text */
  answer(key: string, ask: () => Promise<V>): Promise<V> {
    const kept = this.#current(this.#grants.get(key)) ?? this.#current(this.#denials.get(key));
    if (kept !== undefined) return Promise.resolve(kept.value);
    const asking = this.#asking.get(key);
    if (asking !== undefined) return asking;
    const flight = ask()
      .then((value) => {
        this.#keep(key, value);
        return value;
      })
      .finally(() => this.#asking.delete(key));
    this.#asking.set(key, flight);
    return flight;
  }

  /** Whether the last answer granted something, also when it counts no longer. */
  hasGranted(key: string): boolean {
    return this.#grants.has(key);
  }

  #current(kept: Kept<V> | undefined): Kept<V> | undefined {
    return kept !== undefined && kept.endMs > this.#clock.monotonic() ? kept : undefined;
  }

  #keep(key: string, value: V): void {
    const { limit, isGrant, lifetimeMs } = this.#options;
    const lifetime = lifetimeMs(value);
    this.#grants.delete(key);
    this.#denials.delete(key);
    if (lifetime <= 0) return;
    const answers = isGrant(value) ? this.#grants : this.#denials;
    if (answers.size >= limit) answers.delete(answers.keys().next().value!);
    answers.set(key, { value, endMs: this.#clock.monotonic() + lifetime });
  }
}
