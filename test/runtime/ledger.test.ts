import { describe, expect, it } from 'vitest';
import { Account, formatLedger, Ledger } from '../../src/runtime/index.ts';

describe('an account', () => {
  it('closes when everything received is sent, dropped or held', () => {
    let held = 3;
    const account = new Account('exporter', 'records', () => held);
    account.received = 10;
    account.sent = 5;
    account.drop('queue full', 2);
    expect([account.difference, account.toJSON().closed]).toEqual([0, true]);
    held = 1;
    expect([account.difference, account.toJSON().closed]).toEqual([2, false]);
  });

  it('sums up drops by reason, and counts events separately', () => {
    const account = new Account('socket', 'rows');
    account.received = 6;
    account.drop('too large');
    account.drop('too large', 4);
    account.drop('stopped');
    account.drop('never happened', 0);
    account.note('overrun', 2);
    expect(account.totalDropped).toBe(6);
    expect(account.toJSON()).toEqual({
      name: 'socket',
      unit: 'rows',
      received: 6,
      sent: 0,
      dropped: { 'too large': 5, stopped: 1 },
      lost: 6,
      held: 0,
      events: { overrun: 2 },
      closed: true,
    });
  });
});

describe('a ledger', () => {
  it('closes when each of its accounts closes', () => {
    const ledger = new Ledger();
    const [one, other] = [ledger.open('one', 'records'), ledger.open('other', 'records')];
    expect(ledger.isClosed).toBe(true);
    one.received = 1;
    expect(ledger.isClosed).toBe(false);
    ledger.close(one);
    expect([ledger.isClosed, ledger.accounts]).toEqual([true, [other]]);
  });

  it('is printed as a table: numbers to the right, reasons and events at the end', () => {
    const ledger = new Ledger();
    const source = ledger.open('source', 'rows');
    Object.assign(source, { received: 1200, sent: 1195 });
    source.drop('filter', 5);
    source.note('overrun', 1);
    const sink = ledger.open('sink', 'records', () => 2);
    Object.assign(sink, { received: 1195, sent: 1192 });
    expect(formatLedger(ledger.toJSON())).toBe(
      [
        '        unit     received  sent  dropped  held  closes',
        'source  rows         1200  1195        5     0  yes     filter 5; overrun 1',
        'sink    records      1195  1192        0     2  NO',
      ].join('\n'),
    );
  });
});
