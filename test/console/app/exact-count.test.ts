import { describe, expect, it } from 'vitest';
import { changeText, exactOf, shareText, sumExact } from '../../../src/console/app/counts/exact-count.ts';
import { averageText, exactText, measureText } from '../../../src/console/app/counts/measure-text.ts';
import { formatCount } from '../../../src/flow/index.ts';

describe('counts of the console', () => {
  it('are exact above 2^53, where they come as text', () => {
    expect(sumExact([exactOf('9007199254740993'), exactOf(2)])).toBe(9_007_199_254_740_995n);
    expect(exactText('octets', 9_007_199_254_740_995n)).toBe('9,007,199,254,740,995 octets');
  });

  it('are short for octets and whole for others', () => {
    expect(measureText('octets', 1_234_567n)).toBe('1.23 MB');
    expect(measureText('flows', 1_234_567n)).toBe('1,234,567');
    expect(formatCount(1_234_567n)).toBe('1,234,567');
  });

  it.each([
    [1n, 3n, '33.3 %'],
    [1n, 10_000n, '< 0.1 %'],
    [0n, 10_000n, '0.0 %'],
    [10n ** 30n, 10n ** 30n, '100.0 %'],
    [0n, 0n, '–'],
  ])('are shares of a total: %s of %s is %s', (part, whole, text) => {
    expect(shareText(part, whole)).toBe(text);
  });

  it.each([
    [0n, 0n, ''],
    [5n, 5n, '±0 %'],
    [5n, 0n, 'new'],
    [0n, 5n, 'gone'],
    [112n, 100n, '+12 %'],
    [60n, 100n, '−40 %'],
    [340n, 100n, '×3.4'],
    [123_400n, 100n, '×1,234'],
  ])('are compared in words: %s after %s is "%s"', (now, before, text) => {
    expect(changeText(now, before)).toBe(text);
  });

  it('are averages in rates for octets and packets, and have none for flows', () => {
    expect(averageText('octets', 1_000_000n, 8_000)).toBe('1.00 Mbit/s');
    expect(averageText('packets', 800n, 8_000)).toBe('100 packets/s');
    expect(averageText('flows', 800n, 8_000)).toBe('');
    expect(averageText('octets', 800n, 0)).toBe('');
  });
});
