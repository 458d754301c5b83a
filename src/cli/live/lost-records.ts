import type { Ledger } from '../../runtime/index.ts';

/** Records that were lost on their way from the kernel to the sinks, over all accounts. */
export function lostRecords(ledger: Ledger): number {
  return ledger.accounts.reduce((lost, account) => lost + account.totalLost, 0);
}
