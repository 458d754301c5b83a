import type { Account, Ledger } from '../runtime/index.ts';

/**
 * Compares the IP packets that the host carried since the agent started with those that connection tracking
 * counted: the account `ip packets`. The difference is dropped as `not counted`: its connection was not
 * tracked, or ended without its counters.
 *
 * The counters of a connection arrive some time after its packets, so only a difference at two polls in a row
 * counts. Until then it is held. Packets that passed while no agent ran are dropped as well, when their
 * number is known.
 */
export class Coverage {
  readonly #account: Account;
  #carried = 0;
  #counted = 0;
  #missing = 0;
  #uncounted = 0;
  #unwatched = 0;
  #reading: number | undefined;
  #first: number | undefined;

  constructor(ledger: Ledger) {
    this.#account = ledger.open('ip packets', 'packets', () => this.#held, {
      expectedDrops: ['not counted'],
    });
  }

  get carried(): number {
    return this.#carried;
  }

  get counted(): number {
    return this.#counted;
  }

  /** Packets that tracking did not count, while this agent ran; undefined before the first reading. */
  get uncounted(): number | undefined {
    return this.#first === undefined ? undefined : this.#uncounted;
  }

  /** The host's counter at the first and the last reading; undefined before the first. */
  get readings(): { readonly first: number; readonly last: number } | undefined {
    if (this.#first === undefined || this.#reading === undefined) return undefined;
    return { first: this.#first, last: this.#reading };
  }

  /**
   * Packets that pass during a reading can make it too low, never too high. So a reading below the last one
   * changes nothing: taken as the last, it would let the packets between the two count twice.
   *
   * @param ipPackets carried by the host, since any fixed moment
   */
  observe(ipPackets: number): void {
    const last = this.#reading ?? ipPackets;
    this.#first ??= ipPackets;
    this.#carried += Math.max(0, ipPackets - last);
    this.#reading = Math.max(ipPackets, last);
  }

  /** Another network namespace is watched, with its own counter. */
  restart(): void {
    this.#reading = undefined;
  }

  /** @param packets that passed before the agent started, while none ran */
  passUnwatched(packets: number): void {
    if (packets === 0) return;
    this.#unwatched += packets;
    this.#account.dropped.set('no agent ran', this.#unwatched);
    this.#enter();
  }

  /**
   * @param carried read before a dump began @param counted since the agent started, read after the dump ended
   */
  compare(carried: number, counted: number): void {
    const missing = Math.max(0, carried - counted);
    this.#believe(Math.min(missing, this.#missing), counted);
    this.#missing = missing;
  }

  /** No packets are waiting for their counters any more. */
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

  /** A bridge may pass packets to tracking that IP never saw: then more is counted than carried. */
  #enter(): void {
    const account = this.#account;
    account.received = Math.max(this.#carried, this.#counted + this.#uncounted) + this.#unwatched;
    account.sent = this.#counted;
    account.dropped.set('not counted', this.#uncounted);
  }

  get #held(): number {
    return Math.max(0, this.#account.received - this.#unwatched - this.#counted - this.#uncounted);
  }
}
