import { describe, expect, it } from 'vitest';
import { formatBitRate, formatOctets, formatSpan } from '../../../src/flow/index.ts';

describe('quantities', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [999.6, '1.00 kB'],
    [1_234, '1.23 kB'],
    [99_940, '99.9 kB'],
    [99_960, '100 kB'],
    [999_499, '999 kB'],
    [999_500, '1.00 MB'],
    [2 ** 53, '9.01 PB'],
    [undefined, '-'],
    [Number.NaN, '-'],
  ])('have three digits and a prefix: %s octets become %s', (octets, text) => {
    expect(formatOctets(octets)).toBe(text);
  });

  it('have units', () => {
    expect(formatBitRate(13_100)).toBe('13.1 kbit/s');
    expect([0, 340, 12_000, 303_000, 7_500_000].map(formatSpan)).toEqual([
      '0 ms',
      '340 ms',
      '12 s',
      '5m 3s',
      '2h 5m',
    ]);
  });
});
