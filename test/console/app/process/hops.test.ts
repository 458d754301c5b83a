import { describe, expect, it } from 'vitest';
import { hopLosses, hopsOf, readsNoFirewall } from '../../../../src/console/app/process/hops.ts';
import { type AccountStatement, Ledger } from '../../../../src/runtime/index.ts';

const statementOf = (ledger: Ledger): AccountStatement[] => JSON.parse(JSON.stringify(ledger));

describe('the ledger along the pipe', () => {
  it('goes from the agent to the sinks, and a sink stands beside its queue and its spool', () => {
    const ledger = new Ledger();
    for (const name of ['http', 'loki', 'history', 'sink history', 'sink loki', 'loki spool', 'aggregator'])
      ledger.open(name, 'records');
    for (const name of ['ipfix in', 'ipfix out', 'conntrack']) ledger.open(name, 'records');
    expect(hopsOf(statementOf(ledger)).map(({ stage, name }) => `${stage}: ${name}`)).toEqual([
      'seen: conntrack',
      'exported: ipfix out',
      'collected: ipfix in',
      'aggregated: aggregator',
      'passed on: sink history',
      'passed on: history',
      'passed on: sink loki',
      'passed on: loki',
      'passed on: loki spool',
      'beside: http',
    ]);
  });

  it('tells what was dropped by reason, how much of it since an earlier reading, and whether it is lost', () => {
    const ledger = new Ledger();
    const sink = ledger.open('sink loki', 'records', () => 0);
    const aggregator = ledger.open('aggregator', 'records', () => 0, { expectedDrops: ['duplicate'] });
    aggregator.drop('duplicate', 50);
    sink.drop('queue full', 3);
    const earlier = hopsOf(statementOf(ledger));
    sink.drop('queue full', 4);
    sink.drop('refused', 1);
    const losses = hopLosses(hopsOf(statementOf(ledger)), earlier);
    expect(losses).toEqual([
      { hop: 'sink loki', unit: 'records', reason: 'queue full', count: 7, growth: 4, isLoss: true },
      { hop: 'sink loki', unit: 'records', reason: 'refused', count: 1, growth: 1, isLoss: true },
      { hop: 'aggregator', unit: 'records', reason: 'duplicate', count: 50, growth: 0, isLoss: false },
    ]);
  });

  it('shows whether a host is watched whose firewall is not read', () => {
    const hopsNamed = (...names: string[]) => {
      const ledger = new Ledger();
      for (const name of names) ledger.open(name, 'packets');
      return hopsOf(statementOf(ledger));
    };
    expect(readsNoFirewall(hopsNamed('conntrack', 'connections'))).toBe(true);
    expect(readsNoFirewall(hopsNamed('connections', 'denied packets'))).toBe(false);
    expect(readsNoFirewall(hopsNamed('ipfix in', 'aggregator'))).toBe(false);
  });

  it('of two accounts of one name keeps both, each with its unit', () => {
    const ledger = new Ledger();
    ledger.open('aggregator', 'records').received = 5;
    ledger.open('aggregator', 'flows', () => 2).received = 2;
    const hops = hopsOf(statementOf(ledger));
    expect(hops.map(({ unit, received, held }) => [unit, received, held])).toEqual([
      ['records', 5, 0],
      ['flows', 2, 2],
    ]);
  });
});
