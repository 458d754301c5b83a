import { describe, expect, it } from 'vitest';
import { columnsOf, defaultColumns, orderedLines } from '../../../../src/console/app/flows/flow-columns.ts';
import type { RecordLine } from '../../../../src/console/app/flows/record-line.ts';
import { printStoredColumns, readStoredColumns } from '../../../../src/console/app/flows/stored-columns.ts';
import { visibleRows } from '../../../../src/console/app/flows/visible-rows.ts';

const textOf = (column: string, line: Record<string, string | number>) => columnsOf([column])[0]!.text(line);

describe('a column of flows', () => {
  it('names a Pod with its namespace, else the address', () => {
    const line = { sourcePodNamespace: 'shop', sourcePodName: 'cart-1', destinationIP: '192.0.2.7' };
    expect(textOf('source', line)).toBe('shop/cart-1');
    expect(textOf('destination', line)).toBe('192.0.2.7');
  });

  it('has the stricter action of both policies', () => {
    const line = { ingressNetworkPolicyRuleAction: 'Allow', egressNetworkPolicyRuleAction: 'Drop' };
    expect(textOf('verdict', line)).toBe('Drop');
    expect(textOf('verdict', {})).toBeUndefined();
  });

  it('orders numbers by value and names by number within them; rows without a value come last', () => {
    const lines: readonly RecordLine[] = [
      { sourceIP: 'node-10', octetDeltaCount: 9 },
      { sourceIP: 'node-9' },
      { octetDeltaCount: 10 },
    ];
    const order = (column: string, isAscending: boolean) =>
      orderedLines(lines, { column, isAscending }).map((line) => lines.indexOf(line));
    expect(order('source', true)).toEqual([1, 0, 2]);
    expect(order('source', false)).toEqual([0, 1, 2]);
    expect(order('octetDeltaCount', false)).toEqual([2, 0, 1]);
  });
});

describe('the columns that a browser keeps', () => {
  it('come back in their order, without those that there are no more', () => {
    expect(readStoredColumns(printStoredColumns(['port', 'source', 'port', 'gone']))).toEqual([
      'port',
      'source',
    ]);
  });

  it.each([null, '', '{', '[]', '{"version":2,"columns":["port"]}', '{"version":1,"columns":"port"}'])(
    'are the default ones for what this version did not write: %s',
    (text) => {
      expect(readStoredColumns(text)).toEqual(defaultColumns);
    },
  );
});

describe('the rows that are drawn', () => {
  it('are those that are seen and some around, and the space of the others adds up', () => {
    const { first, end, spaceAbove, spaceBelow } = visibleRows(27 * 5_000, 540, 10_000);
    expect([first, end]).toEqual([4_988, 5_032]);
    expect(spaceAbove + 27 * (end - first) + spaceBelow).toBe(27 * 10_000);
  });

  it('are all of a short list, also when it was scrolled further before', () => {
    expect(visibleRows(90_000, 540, 3)).toMatchObject({ first: 0, end: 3, spaceAbove: 0, spaceBelow: 0 });
  });
});
