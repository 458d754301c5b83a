import type { Ledger } from '../../runtime/index.ts';

/**
 * Reasons under which something is dropped that nobody wanted, was there twice, has been kept long enough, or
 * is no record.
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

/** What was dropped on its way from the kernel to the sinks against anybody's will, over all accounts. */
export function lostRecords(ledger: Ledger): number {
  let lost = 0;
  for (const { dropped } of ledger.accounts) {
    for (const [reason, count] of dropped) if (!nothingLost.has(reason)) lost += count;
  }
  return lost;
}
