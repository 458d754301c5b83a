import { describe, expect, it } from 'vitest';
import { Table, type TableColumn } from '../../../src/cli/text/table.ts';

interface Row {
  readonly name: string;
  readonly count: string;
  readonly note: string;
}
const columns: readonly TableColumn<Row>[] = [
  { title: 'NAME', text: ({ name }) => name, least: 6 },
  { title: 'COUNT', text: ({ count }) => count, least: 5, alignRight: true, rank: 2 },
  { title: 'NOTE', text: ({ note }) => note, least: 0, rank: 1 },
];
const row = { name: 'web', count: '7', note: 'new' };
const long = { name: 'a-longer-name', count: '7', note: 'new' };

/** The header and the rows, in a terminal of this width. */
function printed(width: number | undefined, ...rows: readonly Row[]): string[] {
  const table = new Table(columns, () => width);
  return [table.header, ...rows.map((one) => table.line(one))];
}

describe('a table', () => {
  it('is complete outside terminals, and its columns grow', () => {
    expect(printed(undefined, row, long, row)).toEqual([
      'NAME    COUNT  NOTE',
      'web         7  new',
      'a-longer-name      7  new',
      'web                7  new',
    ]);
  });

  it('is complete in a terminal of unknown width', () => {
    expect(printed(0, row)).toEqual(printed(undefined, row));
  });

  it('leaves out columns without room, by their rank', () => {
    expect(printed(19, row)).toEqual(printed(undefined, row));
    expect(printed(18, row)).toEqual(['NAME    COUNT', 'web         7']);
    expect(printed(12, row)).toEqual(['NAME', 'web']);
  });

  it('cuts a long line, and keeps the previous widths', () => {
    expect(printed(19, long, row)).toEqual([
      'NAME    COUNT  NOTE',
      'a-longer-name     …',
      'web         7  new',
    ]);
  });

  it('follows the width of the terminal', () => {
    let width = 30;
    const table = new Table(columns, () => width);
    expect(table.line(long)).toBe('a-longer-name      7  new');
    width = 8;
    expect(table.line(long)).toBe('a-longe…');
  });
});
