import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DimensionKey } from '../../../src/flow/index.ts';
import { KeyNumbers } from '../../../src/store/totals/key-numbers.ts';
import { PairNumbers } from '../../../src/store/totals/pair-numbers.ts';

/** Few, so that keys recur and share beginnings. A number and its text differ. */
const value = fc.constantFrom<DimensionKey>(null, '', '1', 1, 0, '0', 'a/b', 'null');
const keys = fc
  .integer({ min: 0, max: 4 })
  .chain((dimensions) =>
    fc.array(fc.array(value, { minLength: dimensions, maxLength: dimensions }), { maxLength: 200 }),
  );

describe('the numbers of keys', () => {
  it('are equal for equal keys only, and count them in the order in which they come', () => {
    fc.assert(
      fc.property(keys, keys, (added, asked) => {
        const dimensions = (added[0] ?? []).length;
        const numbers = new KeyNumbers(dimensions);
        const byText = new Map<string, number>();
        for (const key of added) {
          const text = JSON.stringify(key);
          expect(numbers.find(key)).toBe(byText.get(text));
          if (!byText.has(text)) byText.set(text, byText.size);
          expect(numbers.of(key)).toBe(byText.get(text));
          expect(numbers.size).toBe(byText.size);
        }
        for (const key of asked.filter(({ length }) => length === dimensions))
          expect(numbers.find(key)).toBe(byText.get(JSON.stringify(key)));
      }),
    );
  });
});

describe('the numbers of pairs', () => {
  it('stay the same when there are many, also of pairs that differ little', () => {
    const numbers = new PairNumbers();
    const side = 80;
    for (let first = 0; first < side; first++)
      for (let second = 0; second < side; second++)
        expect(numbers.of(first, 0xffff_ffff - second)).toBe(first * side + second);
    for (let first = 0; first < side; first++)
      for (let second = 0; second < side; second++)
        expect(numbers.find(first, 0xffff_ffff - second)).toBe(first * side + second);
    expect(numbers.find(side, 0xffff_ffff)).toBeUndefined();
  });
});
