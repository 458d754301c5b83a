import { describe, expect, it } from 'vitest';
import { ExporterShares } from '../../src/aggregator/exporter-shares.ts';

describe('the numbers of exporters', () => {
  it('are one for each address', () => {
    const shares = new ExporterShares();
    const [one, other] = [shares.numberOf('192.0.2.1'), shares.numberOf('192.0.2.2')];
    expect([other, shares.numberOf('192.0.2.1'), shares.numberOf('192.0.2.2')]).toEqual([
      one + 1,
      one,
      other,
    ]);
  });

  it('are 4095 and one shared by all others; exporters without flows make room', () => {
    const shares = new ExporterShares();
    for (let n = 0; n < 4_095; n++) shares.flows[shares.numberOf(`${n}`)] = 1;
    expect(shares.numberOf('more')).toBe(0);
    expect(shares.numberOf('4094')).toBe(4_095);
    const { generation } = shares;
    shares.flows[shares.numberOf('7')] = 0;
    const freed = shares.numberOf('7');
    expect(shares.numberOf('more')).toBe(freed);
    shares.flows[freed] = 1;
    expect(shares.generation).toBeGreaterThan(generation);
    expect(shares.numberOf('7')).toBe(0);
  });
});
