import type { Account, Ledger } from '../runtime/index.ts';

/**
 * Compares the IP packets that the host carried since the agent started with those that connection tracking counted: the account
 * `ip packets`. What is missing is dropped as `not counted`: its connection was not tracked, or ended without its counters.
 *
 * The counters of a connection are known some time after its packets passed, so that only what was missing at two polls in a row is
 * believed. Until then it is held.
 */
export class Coverage {
  readonly #account: Account;
  #carried = 0;
  #counted = 0;
  #missing = 0;
  #uncounted = 0;
  /** The host's counter at the last reading; undefined before the first. */
  #reading: number | undefined;

  constructor(ledger: Ledger) {
    this.#account = ledger.open('ip packets', 'packets', () => this.#held);
  }

  get carried(): number {
    return this.#carried;
  }

  get counted(): number {
    return this.#counted;
  }

  /** @param ipPackets that the host has carried since whenever */
  observe(ipPackets: number): void {
    if (this.#reading !== undefined) this.#carried += Math.max(0, ipPackets - this.#reading);
    this.#reading = ipPackets;
  }

  /** Another network namespace is watched, which counts anew. */
  restart(): void {
    this.#reading = undefined;
  }

  /** @param carried read before a dump began  @param counted since the agent started, read after the dump ended */
  compare(carried: number, counted: number): void {
    const missing = Math.max(0, carried - counted);
    this.#believe(Math.min(missing, this.#missing), counted);
    this.#missing = missing;
  }

  /** Nothing is under way any more. */
  conclude(carried: number, counted: number): void {
    this.#believe(Math.max(0, carried - counted), counted);
    this.#carried = carried;
    this.#enter();
  }

  #believe(missing: number, counted: number): void {
    this.#uncounted = Math.max(this.#uncounted, missing);
    this.#counted = counted;
    this.#enter();
  }

  /** A bridge may hand tracking packets that IP never saw: then more is counted than was carried. */
  #enter(): void {
    const account = this.#account;
    account.received = Math.max(this.#carried, this.#counted + this.#uncounted);
    account.sent = this.#counted;
    account.dropped.set('not counted', this.#uncounted);
  }

  get #held(): number {
    return Math.max(0, this.#account.received - this.#counted - this.#uncounted);
  }
}
