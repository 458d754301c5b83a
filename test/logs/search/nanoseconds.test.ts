import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nanosecondsOf, timeTextOf } from '../../../src/logs/search/nanoseconds.ts';

describe('a time in nanoseconds', () => {
  it.each([
    ['1970-01-01T00:00:00Z', 0n],
    ['2026-01-31T10:00:00.5Z', 1_769_853_600_500_000_000n],
    ['2026-01-31T10:00:00.000000001Z', 1_769_853_600_000_000_001n],
    ['2262-04-11T23:47:16.854775807Z', 2n ** 63n - 1n],
  ])('is read from %s', (text, timeNs) => {
    expect(nanosecondsOf(text)).toBe(timeNs);
  });

  it.each(['', 'now', '2026-01-31', '2026-01-31T10:00:00', '2026-01-31T10:00:00.0000000001Z', '1769853600'])(
    'is not read from "%s"',
    (text) => {
      expect(nanosecondsOf(text)).toBeUndefined();
    },
  );

  it('keeps its text when read, and is limited to the first and last possible time', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 63n - 1n), (timeNs) => nanosecondsOf(timeTextOf(timeNs)) === timeNs),
    );
    expect(timeTextOf(-1n)).toBe('1970-01-01T00:00:00.000000000Z');
    expect(timeTextOf(2n ** 80n)).toBe('2262-04-11T23:47:16.854775807Z');
  });
});
