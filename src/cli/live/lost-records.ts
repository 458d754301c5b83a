import type { Ledger } from '../../runtime/index.ts';

/**
 * Reasons of drops that are no loss: the record was unwanted, a duplicate, kept long enough, or no record.
 */
const nothingLost = new Set([
  'protocol filter',
  'zone filter',
  'loopback',
  'own export',
  'denied',
  'allowed',
  'duplicate',
  'not a flow',
  'not counted',
  'window full',
  'read too slowly',
  'client left',
]);

/** Records that were lost on their way from the kernel to the sinks, over all accounts. */
export function lostRecords(ledger: Ledger): number {
  let lost = 0;
  for (const { dropped } of ledger.accounts) {
    for (const [reason, count] of dropped) if (!nothingLost.has(reason)) lost += count;
  }
  return lost;
}
