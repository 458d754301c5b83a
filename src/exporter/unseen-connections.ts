import type { Account } from '../runtime/index.ts';

/**
 * Compares how many connections the kernel began with how many the agent saw. The account of connections
 * drops the difference as `never seen`. Without events, these are the connections that began and ended
 * between two dumps.
 *
 * A connection is often counted a moment before its event is read. So only a difference at two polls in a row
 * counts, and it is corrected when it turns out too high.
 */
export class UnseenConnections {
  #missing = 0;
  #believed = 0;
  readonly #account: Account;

  constructor(account: Account) {
    this.#account = account;
  }

  get count(): number {
    return this.#believed;
  }

  /** @param begun by the kernel, read before the dump began  @param seen of those, after it ended */
  compare(begun: number, seen: number): void {
    const missing = Math.max(0, begun - seen);
    this.#believe(Math.min(missing, this.#missing));
    this.#missing = missing;
  }

  /** No events are on their way any more. */
  conclude(begun: number, seen: number): void {
    this.#believe(Math.max(0, begun - seen));
  }

  #believe(count: number): void {
    if (count === this.#believed) return;
    this.#account.received += count - this.#believed;
    this.#account.dropped.set('never seen', count);
    this.#believed = count;
  }
}
