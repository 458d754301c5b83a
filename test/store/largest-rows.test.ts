import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { largestRows } from '../../src/store/largest-rows.ts';
import { RowGroups } from '../../src/store/row-groups.ts';
import { REST_OF_ROWS } from '../../src/store/sum-columns.ts';

/* A row: its time, a key, whether it is a rest, and its octets in both directions. */
const row = fc.record({
  time: fc.nat(3),
  key: fc.nat(1_000_000),
  restOf: fc.constantFrom(0, 1, REST_OF_ROWS),
  octets: fc.nat(5),
  reverse: fc.nat(5),
});

describe('the largest rows of each time', () => {
  it('are kept, the first of equal ones, and all others become one row with their sums', () => {
    fc.assert(
      fc.property(
        fc.array(row, { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 2, max: 9 }),
        (rows, most) => {
          const { keys, sums } = largestRows(
            {
              keys: [
                rows.map((each) => each.time),
                rows.map((each) => each.key),
                rows.map((each) => each.restOf),
              ].map((words) => Uint32Array.from(words)),
              sums: [rows.map((each) => each.octets), rows.map((each) => each.reverse)].map((counts) =>
                Float64Array.from(counts),
              ),
            },
            most,
          );
          const found = Array.from(keys[0]!, (time, i) => [
            time,
            keys[1]![i],
            keys[2]![i],
            sums[0]![i],
            sums[1]![i],
          ]);
          const expected = [0, 1, 2, 3].flatMap((time) => {
            const own = rows.filter((each) => each.time === time);
            if (own.length <= most) return own.map(wordsOf);
            const sizeOf = (each: Row) => (each.restOf === REST_OF_ROWS ? -1 : each.octets + each.reverse);
            const sorted = own.toSorted((one, other) => sizeOf(other) - sizeOf(one));
            const rest = sorted.slice(most - 1);
            const sumOf = (name: 'octets' | 'reverse') => rest.reduce((sum, each) => sum + each[name], 0);
            return [
              ...sorted.slice(0, most - 1).map(wordsOf),
              [time, 0, REST_OF_ROWS, sumOf('octets'), sumOf('reverse')],
            ];
          });
          expect(inAnyOrder(found)).toEqual(inAnyOrder(expected));
        },
      ),
    );
  });
});

describe('groups of rows', () => {
  it('are one if no column distinguishes them', () => {
    const groups = new RowGroups([], 3);
    expect([0, 1, 2].map((each) => groups.groupOf(each))).toEqual([0, 0, 0]);
  });
});

interface Row {
  readonly time: number;
  readonly key: number;
  readonly restOf: number;
  readonly octets: number;
  readonly reverse: number;
}

const wordsOf = ({ time, key, restOf, octets, reverse }: Row) => [time, key, restOf, octets, reverse];

const inAnyOrder = (rows: readonly (readonly (number | undefined)[])[]) =>
  rows.map((words) => words.join(' ')).toSorted();
