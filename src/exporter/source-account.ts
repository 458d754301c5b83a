import type { Account, Ledger } from '../runtime/index.ts';
import type { ConntrackCounters } from './conntrack/index.ts';

/**
 * The account `conntrack` of rows from the kernel: received, and passed to the store or lost. A row is lost
 * as `malformed`, or as `lost in the kernel` when events arrived faster than they were read.
 */
export class SourceAccount {
  readonly #account: Account;
  #heard = { malformed: 0, lost: 0, overruns: 0 };

  constructor(ledger: Ledger) {
    this.#account = ledger.open('conntrack', 'rows');
  }

  take(rows: number): void {
    this.#account.received += rows;
    this.#account.sent += rows;
  }

  /** A new source counts from zero. */
  restart(): void {
    this.#heard = { malformed: 0, lost: 0, overruns: 0 };
  }

  update({ malformed, lostEvents, overruns }: ConntrackCounters): void {
    const lost = lostEvents ?? this.#heard.lost;
    this.#lose('malformed', malformed - this.#heard.malformed);
    this.#lose('lost in the kernel', lost - this.#heard.lost);
    this.#account.note('overrun', overruns - this.#heard.overruns);
    this.#heard = { malformed, lost, overruns };
  }

  #lose(reason: string, count: number): void {
    this.#account.received += count;
    this.#account.drop(reason, count);
  }
}
