import fc from 'fast-check';
import { expect, it } from 'vitest';
import { TupleIndex } from '../../src/metrics/series/tuple-index.ts';

const ROWS = 400;

it('rows are found by their tuples after any additions and removals', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(ROWS - 1), fc.boolean()), { maxLength: 2_000 }),
      fc.integer({ min: 1, max: 3 }),
      (steps, width) => {
        const tuples = Uint32Array.from(
          { length: ROWS * width },
          (_, i) => Math.floor(i / width) * 7 + (i % width),
        );
        const index = new TupleIndex(width);
        const rows = new Set<number>();
        for (const [row, isAdded] of steps) {
          if (isAdded && !rows.has(row)) {
            index.add(tuples, row);
            rows.add(row);
          } else if (!isAdded) {
            index.remove(tuples, row);
            rows.delete(row);
          }
        }
        for (let row = 0; row < ROWS; row++) {
          expect(index.find(tuples, tuples, row * width)).toBe(rows.has(row) ? row : -1);
        }
      },
    ),
    { numRuns: 100 },
  );
});
