import { formatLedger, type Ledger } from '../../src/runtime/index.ts';

/**
 * Watches a ledger during a test, and throws at the end if an account did not close at some moment.
 */
export class WatchedLedger implements Disposable {
  readonly #ledger: Ledger;
  #looks = 0;
  #firstOpen: string | undefined;
  #next: NodeJS.Immediate;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
    this.#next = setImmediate(() => this.#look());
  }

  get looks(): number {
    return this.#looks;
  }

  [Symbol.dispose](): void {
    clearImmediate(this.#next);
    this.#check();
    if (this.#firstOpen !== undefined)
      throw new Error(`check ${this.#looks}: the ledger is not closed\n${this.#firstOpen}`);
  }

  #look(): void {
    this.#check();
    if (this.#firstOpen === undefined) this.#next = setImmediate(() => this.#look());
  }

  #check(): void {
    this.#looks++;
    const isOpen = this.#ledger.accounts.some(({ difference, held }) => difference !== 0 || held < 0);
    if (isOpen) this.#firstOpen ??= formatLedger(this.#ledger.toJSON());
  }
}
