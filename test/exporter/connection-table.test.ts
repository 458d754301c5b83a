import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConnectionTable, NO_ROW } from '../../src/exporter/connection-table.ts';
import { type ConnectionRow, connectionBatch, plainTuple } from '../support/connection-rows.ts';

const batchOf = (id: number, port: number) =>
  connectionBatch({ kind: 'new', id, original: { ...plainTuple, sourcePort: port } } satisfies ConnectionRow);

describe('the table of connections', () => {
  it('finds the same as a map of the connections, after any insertions and removals', () => {
    const step = fc.record({ id: fc.nat(3), port: fc.nat(30), remove: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const table = new ConnectionTable(24);
        const model = new Map<string, number>();
        for (const { id, port, remove } of steps) {
          const key = `${id} ${port}`;
          const batch = batchOf(id, port);
          const row = table.find(batch, 0);
          expect(row).toBe(model.get(key) ?? NO_ROW);
          if (remove && row !== NO_ROW) {
            table.remove(row);
            model.delete(key);
          } else if (!remove && row === NO_ROW) {
            const inserted = table.insert(batch, 0);
            expect(inserted === NO_ROW).toBe(model.size === 24);
            if (inserted !== NO_ROW) model.set(key, inserted);
          }
          expect(table.size).toBe(model.size);
        }
        for (let row = 0; row < table.highWater; row++) {
          expect(table.isUsed(row)).toBe([...model.values()].includes(row));
        }
      }),
    );
  });

  it('holds as many connections as it was made for, and no more', () => {
    const table = new ConnectionTable(3);
    expect([1, 2, 3, 4].map((id) => table.insert(batchOf(id, id), 0))).toEqual([0, 1, 2, NO_ROW]);
  });
});
