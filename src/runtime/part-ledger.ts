import { type Account, type AccountOptions, Ledger } from './ledger.ts';

/**
 * The ledger as a part sees it that may be made anew while the process runs. An account that it opens a
 * second time goes on with what it has counted. /
 */
export class PartLedger extends Ledger {
  readonly #ledger: Ledger;
  readonly #own = new Map<string, Account>();

  constructor(ledger: Ledger) {
    super();
    this.#ledger = ledger;
  }

  override open(name: string, unit: string, held?: () => number, options?: AccountOptions): Account {
    const key = `${name} ${unit}`;
    const earlier = this.#own.get(key);
    earlier?.passOn(held, options);
    const account = earlier ?? this.#ledger.open(name, unit, held, options);
    this.#own.set(key, account);
    return account;
  }

  override close(account: Account): void {
    this.#own.delete(`${account.name} ${account.unit}`);
    this.#ledger.close(account);
  }

  override get accounts(): readonly Account[] {
    return this.#ledger.accounts;
  }
}
