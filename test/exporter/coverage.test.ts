import { beforeEach, describe, expect, it } from 'vitest';
import { Coverage } from '../../src/exporter/coverage.ts';
import { Ledger } from '../../src/runtime/index.ts';

describe('Coverage', () => {
  let ledger: Ledger;
  let coverage: Coverage;
  const account = () => ledger.toJSON()[0]!;

  beforeEach(() => {
    ledger = new Ledger();
    coverage = new Coverage(ledger);
    coverage.observe(5_000);
  });

  it('counts the packets from its start', () => {
    coverage.observe(5_100);
    coverage.compare(100, 100);
    expect(account()).toMatchObject({ received: 100, sent: 100, held: 0, dropped: { 'not counted': 0 } });
    expect(coverage).toMatchObject({ carried: 100, counted: 100 });
  });

  it('holds packets that may still be counted, and drops those missing at two consecutive polls', () => {
    coverage.observe(5_100);
    coverage.compare(100, 60);
    expect(account()).toMatchObject({ received: 100, sent: 60, held: 40, dropped: { 'not counted': 0 } });
    coverage.observe(5_150);
    coverage.compare(150, 140);
    expect(account()).toMatchObject({ received: 150, sent: 140, held: 0, dropped: { 'not counted': 10 } });
    coverage.conclude(150, 145);
    expect(account()).toMatchObject({ received: 155, sent: 145, held: 0, closed: true });
  });

  it('counts a packet once when a reading is too low', () => {
    coverage.observe(5_100);
    coverage.observe(5_098);
    expect(coverage.readings).toEqual({ first: 5_000, last: 5_100 });
    coverage.observe(5_120);
    expect(coverage.carried).toBe(120);
  });

  it('closes its account even when more is counted than IP has seen', () => {
    coverage.observe(5_010);
    coverage.compare(10, 500);
    expect(account()).toMatchObject({ received: 500, sent: 500, held: 0, closed: true });
  });

  it('continues in another namespace, where counters start at zero', () => {
    coverage.observe(5_100);
    coverage.conclude(100, 90);
    coverage.restart();
    coverage.observe(7);
    coverage.observe(27);
    coverage.conclude(120, 110);
    expect(account()).toMatchObject({ received: 120, sent: 110, dropped: { 'not counted': 10 }, held: 0 });
  });
});
