import type { Account, Ledger } from '../../runtime/index.ts';
import type { ObservationCallback, Observations } from './observations.ts';

/** Reports the ledger's accounts. */
export function ledgerObserver(ledger: Ledger): ObservationCallback {
  const highest = new HighestCounts();
  return (into) => {
    for (const account of ledger.accounts) observeAccount(account, highest, into);
  };
}

function observeAccount(account: Account, highest: HighestCounts, into: Observations): void {
  const labels = { component: account.component, unit: account.unit };
  const highestOf = (what: string, count: number) => highest.of(account, what, count);
  into.add('weir_ledger_received_total', highestOf('received', account.received), labels);
  into.add('weir_ledger_sent_total', highestOf('sent', account.sent), labels);
  for (const [reason, count] of account.dropped) {
    into.add('weir_ledger_dropped_total', highestOf(`dropped ${reason}`, count), { ...labels, reason });
  }
  for (const [event, count] of account.events) {
    into.add('weir_ledger_events_total', highestOf(`event ${event}`, count), { ...labels, event });
  }
  into.add('weir_ledger_held', account.held, labels);
  into.add('weir_ledger_difference', account.difference, labels);
}

/**
 * Some counts of the ledger can fall, for example when a missing record arrives late. Prometheus takes a
 * falling counter for a reset, so the highest count is reported.
 */
class HighestCounts {
  readonly #counts = new WeakMap<Account, Map<string, number>>();

  of(account: Account, what: string, count: number): number {
    const counts = this.#counts.get(account) ?? new Map<string, number>();
    this.#counts.set(account, counts);
    const highest = Math.max(count, counts.get(what) ?? 0);
    counts.set(what, highest);
    return highest;
  }
}
