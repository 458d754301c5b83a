import type { AccountStatement, PeerStatement } from './account-statement.ts';

/** What an account says of itself besides its name and unit. */
export interface AccountOptions {
  /** Default its name. Accounts that come and go, such as those of clients, share a component. */
  readonly component?: string;
  /**
   * Reasons for drops that lose nothing: what nobody wanted, what came twice, what was kept long enough, what
   * is no record. Default none.
   */
  readonly expectedDrops?: readonly string[];
  /** Whoever has proved its name and sends here now. */
  readonly peers?: () => readonly PeerStatement[];
}

/**
 * A ledger account of the pipeline. Every hop keeps one: what it received, what it sent on, what it dropped
 * and why, and what it holds. The account balances when
 *
 * received = sent + dropped + held
 *
 * so for anything that is missing at the end a counter says where it stopped.
 */
export class Account {
  readonly name: string;
  /** What is counted: rows, records, flows, packets. */
  readonly unit: string;
  received = 0;
  sent = 0;
  readonly dropped = new Map<string, number>();
  /** Events that lost nothing countable, or an unknown number: overruns, decode errors. */
  readonly events = new Map<string, number>();
  /** The component that metrics sum the account up in. */
  readonly component: string;
  #held: () => number;
  readonly #expectedDrops: ReadonlySet<string>;
  #peers: () => readonly PeerStatement[];

  /** @param held how many items the hop holds now */
  constructor(name: string, unit: string, held: () => number = () => 0, options: AccountOptions = {}) {
    this.name = name;
    this.unit = unit;
    this.component = options.component ?? name;
    this.#held = held;
    this.#expectedDrops = new Set(options.expectedDrops);
    this.#peers = options.peers ?? (() => []);
  }

  /** Another part counts here from now on. What the earlier one counted stays. */
  passOn(held: () => number = () => 0, { peers = () => [] }: AccountOptions = {}): void {
    this.#held = held;
    this.#peers = peers;
  }

  drop(reason: string, count = 1): void {
    if (count > 0) this.dropped.set(reason, (this.dropped.get(reason) ?? 0) + count);
  }

  note(event: string, count = 1): void {
    if (count > 0) this.events.set(event, (this.events.get(event) ?? 0) + count);
  }

  get held(): number {
    return this.#held();
  }

  get totalDropped(): number {
    let total = 0;
    for (const count of this.dropped.values()) total += count;
    return total;
  }

  /** What was dropped against anybody's will. */
  get totalLost(): number {
    let total = 0;
    for (const [reason, count] of this.dropped) if (!this.#expectedDrops.has(reason)) total += count;
    return total;
  }

  /** Why something was dropped against anybody's will. */
  get lostFor(): readonly string[] {
    return [...this.dropped.keys()].filter((reason) => !this.#expectedDrops.has(reason));
  }

  /** By how much the account is off; 0 when it balances. */
  get difference(): number {
    return this.received - this.sent - this.totalDropped - this.held;
  }

  toJSON(): AccountStatement {
    const peers = this.#peers();
    return {
      name: this.name,
      unit: this.unit,
      received: this.received,
      sent: this.sent,
      dropped: Object.fromEntries(this.dropped),
      lost: this.totalLost,
      held: this.held,
      events: Object.fromEntries(this.events),
      closed: this.difference === 0,
      ...(peers.length === 0 ? {} : { peers }),
    };
  }
}

/** All ledger accounts of a process, in the order in which records pass them. */
export class Ledger {
  readonly #accounts: Account[] = [];

  open(name: string, unit: string, held?: () => number, options?: AccountOptions): Account {
    const account = new Account(name, unit, held, options);
    this.#accounts.push(account);
    return account;
  }

  /** Removes an account whose owner (a session, a client) is gone for good. */
  close(account: Account): void {
    const at = this.#accounts.indexOf(account);
    if (at >= 0) this.#accounts.splice(at, 1);
  }

  get accounts(): readonly Account[] {
    return this.#accounts;
  }

  get isClosed(): boolean {
    return this.#accounts.every((account) => account.difference === 0);
  }

  toJSON(): readonly AccountStatement[] {
    return this.#accounts.map((account) => account.toJSON());
  }
}

/** The ledger as a table for a terminal or a log. */
export function formatLedger(accounts: readonly AccountStatement[]): string {
  const reasonsText = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .map(([reason, count]) => `${reason} ${count}`)
      .join(', ');
  const rows = accounts.map(({ name, unit, received, sent, dropped, held, events, closed }) => {
    const lost = Object.values(dropped).reduce((sum, count) => sum + count, 0);
    const why = [reasonsText(dropped), reasonsText(events)].filter((text) => text !== '').join('; ');
    return [name, unit, received, sent, lost, held, closed ? 'yes' : 'NO', why].map(String);
  });
  const table = [['', 'unit', 'received', 'sent', 'dropped', 'held', 'closes', ''], ...rows];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  const isNumber = (column: number) => column >= 2 && column <= 5;
  return table
    .map((row) =>
      row
        .map((cell, column) =>
          isNumber(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
