import type { Account } from '../runtime/index.ts';

/**
 * Compares how many connections the kernel began with how many the agent has seen of them. What is missing is
 * dropped from the account of connections as `never seen`: with events switched off these are the connections
 * that lived and died between two dumps.
 *
 * A connection is often counted a moment before its event is read, so that only what was missing at two polls
 * in a row is believed; the number is corrected when it turns out to have been too high.
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

  /** Nothing is under way any more. */
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
