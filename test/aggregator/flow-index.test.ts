import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FlowIndex } from '../../src/aggregator/flow-index.ts';

const rowsOf = (index: FlowIndex, hash: number): number[] => {
  const rows: number[] = [];
  for (let row = index.first(hash); row >= 0; row = index.next()) rows.push(row);
  return rows.sort((a, b) => a - b);
};

describe('FlowIndex', () => {
  it('finds what was added and not removed, like a map of lists, for any collisions', () => {
    const step = fc.record({
      hash: fc.oneof(fc.integer({ min: 0, max: 7 }), fc.integer({ min: 1020, max: 1026 }), fc.integer()),
      row: fc.nat(40),
      adds: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const index = new FlowIndex();
        const model = new Map<number, Set<number>>();
        for (const { hash, row, adds } of steps) {
          const rows = model.get(hash) ?? new Set();
          model.set(hash, rows);
          if (adds && !rows.has(row)) index.add(hash, row);
          if (!adds) index.remove(hash, row);
          if (adds) rows.add(row);
          else rows.delete(row);
        }
        for (const [hash, rows] of model) {
          expect(rowsOf(index, hash)).toEqual([...rows].sort((a, b) => a - b));
        }
      }),
    );
  });

  it('grows with its entries', () => {
    const index = new FlowIndex();
    for (let row = 0; row < 100_000; row++) index.add(Math.imul(row, 0x9e3779b1), row);
    for (let row = 0; row < 100_000; row += 977) {
      expect(rowsOf(index, Math.imul(row, 0x9e3779b1))).toEqual([row]);
    }
    expect(index.memoryOctets).toBeLessThanOrEqual(100_000 * 8 * 2 * 1.25);
  });
});
