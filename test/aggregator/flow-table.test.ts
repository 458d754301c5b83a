import { describe, expect, it } from 'vitest';
import { ExporterShares } from '../../src/aggregator/exporter-shares.ts';
import { FlowKey } from '../../src/aggregator/flow-key.ts';
import { ROW_HALVES, ROW_WORDS, SERVICE_IP, SERVICE_PORT } from '../../src/aggregator/flow-row.ts';
import { FlowTable, PAGE_ROWS, rowAt } from '../../src/aggregator/flow-table.ts';
import { Names } from '../../src/aggregator/names.ts';
import { parseAddress } from '../../src/flow/index.ts';

const address = (text: string) => new Uint32Array(parseAddress(text)!);

function keyOf(sourcePort: number, destination = '10.0.0.2', port = 80): FlowKey {
  const key = new FlowKey();
  key.setSource(address('10.0.0.1'), 0);
  key.setDestination(address(destination), 0);
  key.setRest(sourcePort, port, 0, 6);
  return key;
}

function newTable() {
  const shares = new ExporterShares();
  const names = new Names(shares);
  return { table: new FlowTable(names, shares), names, shares };
}

function rowsOf(table: FlowTable, key: FlowKey): number[] {
  const rows: number[] = [];
  for (let row = table.first(key); row >= 0; row = table.next(key)) rows.push(row);
  return rows;
}

describe('FlowTable', () => {
  it('keeps several rows with one key', () => {
    const { table } = newTable();
    const rows = [table.open(keyOf(1), 0), table.open(keyOf(1), 0), table.open(keyOf(2), 0)];
    expect(rowsOf(table, keyOf(1)).sort()).toEqual([rows[0], rows[1]].sort());
    table.close(rows[0]!);
    expect(rowsOf(table, keyOf(1))).toEqual([rows[1]]);
    expect(table.live).toBe(2);
  });

  it('also finds a row by its destination before translation, until it is closed', () => {
    const { table, names } = newTable();
    for (let n = 0; n < 10_000; n++) {
      const row = table.open(keyOf(n), 0);
      const { words, halves } = table.page(row);
      words[rowAt(row) * ROW_WORDS + SERVICE_IP] = names.addressId(address('10.96.0.1'), 0);
      halves[rowAt(row) * ROW_HALVES + SERVICE_PORT] = 443;
      table.addAlias(row);
      expect(rowsOf(table, keyOf(n))).toEqual([row]);
      expect(rowsOf(table, keyOf(n, '10.96.0.1', 443))).toEqual([row]);
      expect(rowsOf(table, keyOf(n, '10.96.0.2', 443))).toEqual([]);
      table.close(row);
      expect(rowsOf(table, keyOf(n, '10.96.0.1', 443))).toEqual([]);
    }
    expect(table.memoryOctets).toBe(newTable().table.memoryOctets + PAGE_ROWS * (4 * ROW_WORDS + 10));
  });

  it('counts the rows of each exporter until they are closed', () => {
    const { table, shares } = newTable();
    const [one, other] = ['192.0.2.1', '192.0.2.2'].map((address) => shares.numberOf(address));
    const rows = [1, 2, 3].map((port) => table.open(keyOf(port), one!));
    table.open(keyOf(4), other!);
    expect([shares.flows[one!], shares.flows[other!], shares.largest]).toEqual([3, 1, one]);
    for (const row of rows) table.close(row);
    expect([shares.flows[one!], shares.flows[other!], shares.largest]).toEqual([0, 1, other]);
  });

  it('uses freed rows again, cleared', () => {
    const { table } = newTable();
    const rows = Array.from({ length: PAGE_ROWS }, (_, n) => table.open(keyOf(n), 0));
    table.page(rows[7]!).words[rowAt(rows[7]!) * ROW_WORDS + SERVICE_IP] = 9;
    table.close(rows[7]!);
    const again = table.open(keyOf(99_999), 0);
    expect(again).toBe(rows[7]);
    const base = rowAt(again) * ROW_WORDS;
    expect(table.page(again).words[base + SERVICE_IP]).toBe(0);
    expect(table.pages).toHaveLength(1);
    table.open(keyOf(100_000), 0);
    expect(table.pages).toHaveLength(2);
  });
});
