import { expect, it } from 'vitest';
import { Ledger, PartLedger } from '../../src/runtime/index.ts';

it('the account of a part that is made anew goes on, with what the new part holds', () => {
  const ledger = new Ledger();
  const part = new PartLedger(ledger);
  const first = part.open('loki', 'records', () => 3);
  first.received = 5;
  first.sent = 2;
  const again = part.open('loki', 'records', () => 1);
  expect(again).toBe(first);
  again.sent = 4;
  expect(ledger.toJSON()).toEqual([
    expect.objectContaining({ name: 'loki', received: 5, sent: 4, held: 1, closed: true }),
  ]);
  expect(part.open('loki', 'messages')).not.toBe(first);
  part.close(first);
  expect(ledger.accounts.map(({ unit }) => unit)).toEqual(['messages']);
});
